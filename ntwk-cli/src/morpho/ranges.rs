//! Ranges of quantities of compartments, by region.

use ntwk::studies::table::{ColumnValues, Table as Columns};

use crate::output::print;
use crate::table::{Table, number};

/// Prints the lowest, median and highest value of some columns of a table of compartments, for each region.
pub(super) fn print_ranges(columns: &Columns, names: &[&str]) {
    let Some(ColumnValues::Texts(regions)) = columns.column("region").map(|c| &c.values) else {
        return;
    };
    let mut kinds: Vec<&String> = Vec::new();
    for region in regions {
        if !kinds.contains(&region) {
            kinds.push(region);
        }
    }
    let mut table = Table::new(&["region", "quantity", "lowest", "median", "highest"]);
    for region in kinds {
        for column in names.iter().filter_map(|name| columns.column(name)) {
            let ColumnValues::Numbers(values) = &column.values else { continue };
            let rows = values.iter().zip(regions).filter(|(_, r)| *r == region);
            let mut of: Vec<f64> = rows.map(|(v, _)| *v).collect();
            of.sort_by(f64::total_cmp);
            if let (Some(low), Some(high)) = (of.first(), of.last()) {
                let cells = [*low, of[of.len() / 2], *high].map(|v| number(v, 3));
                table.row([vec![region.clone(), column.header()], cells.to_vec()].concat());
            }
        }
    }
    print(table);
}
