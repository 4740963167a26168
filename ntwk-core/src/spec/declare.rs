//! How a table of keys is written down: as the type that holds its values.
//!
//! [`section!`](crate::section) declares a table, [`variants!`](crate::variants) one whose keys depend on a word,
//! [`words!`](crate::words) the words that a key may hold. Each line of a table is the documentation of a key, then its
//! name, the Rust type of its value, its [`Kind`](crate::spec::key::Kind) and what its absence means; from it come the
//! field, the reader, the checks, the default, the writer and the row of the reference.

/// A key as `section!` and `variants!` have it.
#[doc(hidden)]
#[macro_export]
macro_rules! __key {
    ($name:expr, [$($was:literal)?], [$($doc:literal)+], $type:ty, $kind:expr, $absent:ident $($value:expr)?) => {
        $crate::spec::key::Key {
            name: $name,
            was: $crate::__was!($($was)?),
            kind: {
                #[allow(unused_imports)]
                use $crate::spec::bound::Bound::*;
                #[allow(unused_imports)]
                use $crate::spec::key::Kind::*;
                #[allow(unused_imports)]
                use $crate::spec::units::Dimension::*;
                $kind
            },
            absent: $crate::__absent!($type, $absent $($value)?),
            doc: concat!($($doc, "\n"),+),
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __absent {
    ($type:ty, required) => {
        $crate::spec::key::Absent::Required("")
    };
    ($type:ty, required $what:expr) => {
        $crate::spec::key::Absent::Required($what)
    };
    ($type:ty, none) => {
        $crate::spec::key::Absent::Nothing
    };
    ($type:ty, defaults) => {
        $crate::spec::key::Absent::Value(|| {
            $crate::spec::tree::Node::new($crate::spec::tree::Value::Table(Vec::new()))
        })
    };
    ($type:ty, or $value:expr) => {
        $crate::spec::key::Absent::Value(|| {
            let value: $type = $value;
            // A section with nothing in it is left out, and read again from an empty table.
            let empty =
                || $crate::spec::tree::Node::new($crate::spec::tree::Value::Table(Vec::new()));
            $crate::spec::key::KeyValue::write(&value).unwrap_or_else(empty)
        })
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __was {
    () => {
        None
    };
    ($was:literal) => {
        Some($was)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// A type with one field per key of a table: the reader, the checks and the writer come with it.
///
/// ```
/// ntwk_core::section! {
///     /// Where a light shines.
///     #[derive(Debug, Clone, PartialEq)]
///     pub struct Spot {
///         /// radius of the spot
///         radius: f64 = Quantity(Length, Positive), required;
///         /// how often it flashes
///         rate: f64 = Quantity(Rate, NonNegative), or(0.0);
///         /// neurons that it reaches
///         neurons: Option<u64> = Count(1, 1000), none;
///     }
/// }
/// ```
///
/// A key whose name is no field's name is written `field as "key": type`, one that was called otherwise before
/// `field | "old": type`. A section that may be left out, with the defaults of its keys, has `defaults` in the place of
/// `required`. `struct Name, check = function` names a
/// function of `(&Self, &mut TableReader)` that judges the keys together; a number at fault is NaN there, so that no
/// comparison with it holds. `before = function` names one that learns from a table before its keys are read.
#[macro_export]
macro_rules! section {
    (
        $(#[$meta:meta])*
        $vis:vis struct $section:ident $(, before = $before:path)? $(, check = $check:path)? {
            $(
                $(#[doc = $doc:literal])+
                $field:ident $(as $key:literal)? $(| $was:literal)? : $type:ty = $kind:expr, $absent:ident $(($value:expr))? ;
            )+
        }
    ) => {
        $(#[$meta])*
        #[allow(non_snake_case)]
        $vis struct $section {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl $crate::spec::key::Section for $section {
            const KEYS: &'static [$crate::spec::key::Key] = &[
                $( $crate::__key!(
                    $crate::__name!($field $($key)?), [$($was)?], [$($doc)+], $type, $kind, $absent $($value)?
                ), )+
            ];
        }

        #[allow(non_snake_case)]
        impl $crate::spec::key::KeyValue for $section {
            fn read(
                mut place: $crate::spec::key::Place<'_, '_>,
                _: &$crate::spec::key::Kind,
            ) -> Self {
                let Some(mut table) = place.table() else { return Self::nothing() };
                let section = Self::read_flat(&mut table);
                table.finish();
                section
            }

            fn nothing() -> Self {
                Self { $( $field: $crate::spec::key::KeyValue::nothing(), )+ }
            }

            fn write(&self) -> Option<$crate::spec::tree::Node> {
                let mut entries = Vec::new();
                let mut keys = <Self as $crate::spec::key::Section>::KEYS.iter();
                $( if let Some(key) = keys.next() {
                    $crate::spec::key::put(&mut entries, key, &self.$field);
                } )+
                $crate::spec::key::table_of(entries)
            }

            fn read_flat(table: &mut $crate::spec::key::TableReader<'_, '_>) -> Self {
                $( $before(table); )?
                $( let $field: $type = {
                    const KEY: &$crate::spec::key::Key = &$crate::__key!(
                        $crate::__name!($field $($key)?), [$($was)?], [$($doc)+], $type, $kind, $absent $($value)?
                    );
                    table.read(KEY)
                }; )+
                let section = Self { $( $field ),+ };
                $( $check(&section, table); )?
                section
            }
        }
    };
}

/// A type with one variant per word of a key, each with keys of its own beside it.
///
/// ```
/// ntwk_core::variants! {
///     /// Where neurons lie.
///     #[derive(Debug, Clone, PartialEq)]
///     pub enum Layout, key = "layout", what = "layout", required("line or grid") {
///         /// evenly along a line
///         Line = "line" {
///             /// its length
///             length: f64 = Quantity(Length, Positive), required;
///         },
///         /// on a grid
///         Grid = "grid",
///     }
/// }
/// ```
///
/// `none` in the place of `required` makes the first word the default. A `check` is as in [`section!`](crate::section).
#[macro_export]
macro_rules! variants {
    (
        $(#[$meta:meta])*
        $vis:vis enum $section:ident $(<$g:ident = $gd:ty>)?, key = $tag:literal, what = $what:literal,
        $tabsent:ident $(($tvalue:expr))? $(, check = $check:path)? {
            $(
                $(#[doc = $doc:literal])+
                $variant:ident $(| $vwas:literal)? = $word:literal $({
                    $(
                        $(#[doc = $fdoc:literal])+
                        $field:ident : $type:ty = $kind:expr, $absent:ident $(($value:expr))? ;
                    )+
                })? ,
            )+
        }
    ) => {
        $(#[$meta])*
        #[allow(non_snake_case)]
        $vis enum $section $(<$g = $gd>)? {
            $(
                $(#[doc = $doc])+
                $variant $({ $( $(#[doc = $fdoc])+ $field: $type, )+ })? ,
            )+
        }

        impl $(<$g: $crate::spec::key::KeyValue>)? $crate::spec::key::Section for $section $(<$g>)? {
            const KEYS: &'static [$crate::spec::key::Key] = &[$crate::spec::key::Key {
                name: $tag,
                was: None,
                kind: $crate::spec::key::Kind::Variants(&[ $( $crate::spec::key::Variant {
                    name: $word,
                    was: $crate::__was!($($vwas)?),
                    doc: concat!($($doc, "\n"),+),
                    keys: &[ $( $( $crate::__key!(
                        stringify!($field), [], [$($fdoc)+], $type, $kind, $absent $($value)?
                    ), )+ )? ],
                }, )+ ]),
                absent: $crate::__absent!(String, $tabsent $($tvalue)?),
                doc: "",
            }];
        }

        #[allow(non_snake_case)]
        impl $(<$g: $crate::spec::key::KeyValue>)? $crate::spec::key::KeyValue for $section $(<$g>)? {
            fn read(
                mut place: $crate::spec::key::Place<'_, '_>,
                _: &$crate::spec::key::Kind,
            ) -> Self {
                let Some(mut table) = place.table() else { return Self::nothing() };
                let section = Self::read_flat(&mut table);
                table.finish();
                section
            }

            fn nothing() -> Self {
                let makers: &[fn() -> Self] = &[ $( || Self::$variant $({
                    $( $field: $crate::spec::key::KeyValue::nothing(), )+
                })? , )+ ];
                makers[0]()
            }

            fn write(&self) -> Option<$crate::spec::tree::Node> {
                let mut entries = vec![($tag.to_owned(), $crate::spec::tree::Node::text(self.name()))];
                match self {
                    $( Self::$variant $({ $( $field, )+ })? => {
                        $( $( {
                            const KEY: &$crate::spec::key::Key = &$crate::__key!(
                                stringify!($field), [], [$($fdoc)+], String, $kind, none
                            );
                            $crate::spec::key::put(&mut entries, KEY, $field);
                        } )+ )?
                    } )+
                }
                $crate::spec::key::table_of(entries)
            }

            fn read_flat(table: &mut $crate::spec::key::TableReader<'_, '_>) -> Self {
                let keys = <Self as $crate::spec::key::Section>::KEYS;
                let section = match table.variant(&keys[0], $what) {
                    $( Some($word) => {
                        $( $( let $field: $type = {
                            const KEY: &$crate::spec::key::Key = &$crate::__key!(
                                stringify!($field), [], [$($fdoc)+], $type, $kind, $absent $($value)?
                            );
                            table.read(KEY)
                        }; )+ )?
                        Self::$variant $({ $( $field ),+ })?
                    } )+
                    _ => return Self::nothing(),
                };
                $( $check(&section, table); )?
                section
            }
        }

        impl $(<$g>)? $section $(<$g>)? {
            /// The word of this variant in a file.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $word, )+ }
            }
        }
    };
}

/// A closed set of words that a key may hold; the first is the default.
///
/// ```
/// ntwk_core::words! {
///     /// How a light is switched.
///     pub enum Switching, what = "way of switching" {
///         /// at once
///         Step = "step",
///         /// slowly
///         Ramp = "ramp",
///     }
/// }
/// assert_eq!("ramp".parse(), Ok(Switching::Ramp));
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $set:ident, what = $what:literal {
            $( $(#[doc = $doc:literal])+ $value:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $set { $( $(#[doc = $doc])+ $value, )+ }

        impl $crate::spec::key::Words for $set {
            const WHAT: &'static str = $what;
            const WORDS: &'static [$crate::spec::key::Word] = &[ $( $crate::spec::key::Word {
                name: $word,
                doc: concat!($($doc, "\n"),+),
            }, )+ ];
            const VALUES: &'static [Self] = &[ $( Self::$value, )+ ];

            fn word(self) -> &'static str {
                match self { $( Self::$value => $word, )+ }
            }
        }

        impl Default for $set {
            fn default() -> Self {
                <Self as $crate::spec::key::Words>::VALUES[0]
            }
        }

        impl std::fmt::Display for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::spec::key::Words::word(*self))
            }
        }

        impl std::str::FromStr for $set {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                <Self as $crate::spec::key::Words>::of(word)
                    .ok_or_else(|| format!("there is no such {}", $what))
            }
        }

        impl $crate::spec::key::KeyValue for $set {
            fn read(
                mut place: $crate::spec::key::Place<'_, '_>,
                _: &$crate::spec::key::Kind,
            ) -> Self {
                $crate::spec::value::read_word(&mut place).unwrap_or_default()
            }

            fn nothing() -> Self {
                Self::default()
            }

            fn write(&self) -> Option<$crate::spec::tree::Node> {
                Some($crate::spec::tree::Node::text($crate::spec::key::Words::word(*self)))
            }
        }
    };
}
