//! The connections of a network as they are realised, and the model that has them in files.

use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::{ConnectionSpec, Distribution};
use ntwk_core::{Job, Model, Network};
use ntwk_io::{EdgeList, EdgeProperty};

/// Every synapse that `model` with its seed has in target lists, by projection. Afferent populations whose targets have trains of their
/// own have no synapses.
///
/// # Errors
/// [`BuildError`].
pub fn realised_connections(model: &Model, job: &Job<'_>) -> Result<Vec<EdgeList>, BuildError> {
    // One worker, so that the synapses of a source come in one piece.
    let network = Network::build(model, &job.on_threads(1))?;
    let mut lists: Vec<Option<EdgeList>> = vec![None; model.projections().len()];
    let dt = model.dt();
    network.for_each_synapse(|synapse| {
        let projection = &model.projections()[synapse.projection];
        let list = lists[synapse.projection].get_or_insert_with(|| EdgeList {
            projection: projection.name.clone(),
            source: model.source_name(projection.source).to_owned(),
            target: model.populations()[projection.target].name.clone(),
            receptor: model.receptors()[projection.receptor].name.clone(),
            sources: Vec::new(),
            targets: Vec::new(),
            weights: given(projection.weights.constant()),
            delays: given(projection.delays.as_constant()),
        });
        list.sources.push(u64::from(synapse.source));
        list.targets.push(u64::from(synapse.target));
        if let EdgeProperty::Each(weights) = &mut list.weights {
            weights.push(synapse.weight);
        }
        if let EdgeProperty::Each(delays) = &mut list.delays {
            delays.push(f64::from(synapse.delay) * dt);
        }
    });
    Ok(lists.into_iter().flatten().collect())
}

/// A constant, as it was given; else a list to be filled.
fn given(constant: Option<f64>) -> EdgeProperty {
    constant.map_or(EdgeProperty::Each(Vec::new()), EdgeProperty::One)
}

/// The tree of `model` with each of its connections in the file that `file` names, as `(file, edges in it)`. Each target of a
/// projection becomes a projection with the name that it has in the model, so that all random numbers stay the same; without the
/// section `scan`.
#[must_use]
pub fn model_with_files(
    model: &Model,
    lists: &[EdgeList],
    file: impl Fn(usize) -> (String, Option<String>),
) -> Node {
    let mut spec = model.spec().clone();
    spec.scan = None;
    let written = std::mem::take(&mut spec.projections);
    let names = model.projections().iter().map(|p| &p.name);
    let targets = written.iter().flat_map(|one| one.target.iter().map(move |target| (one, target)));
    for ((one, target), name) in targets.zip(names) {
        let mut own = one.clone();
        own.target = vec![target.clone()];
        own.name = Some(name.clone());
        if lists.iter().any(|list| list.projection == *name) {
            own.connection = ConnectionSpec::pairs(Vec::new(), Vec::new());
            own.weight = Distribution::Constant(0.0);
        }
        spec.projections.push(own);
    }
    let mut tree = spec.to_tree();
    if let Value::Table(entries) = &mut tree.value
        && let Some((_, node)) = entries.iter_mut().find(|(key, _)| key == "projections")
        && let Value::List(projections) = &mut node.value
    {
        for (projection, spec) in projections.iter_mut().zip(&spec.projections) {
            let name = spec.name.as_deref();
            let at = lists.iter().position(|list| Some(list.projection.as_str()) == name);
            if let (Some(at), Value::Table(keys)) = (at, &mut projection.value) {
                keys.retain(|(key, _)| !["connection", "weight", "delay"].contains(&key.as_str()));
                keys.push(("connection".to_owned(), pairs(file(at))));
            }
        }
    }
    tree
}

fn pairs((file, edges): (String, Option<String>)) -> Node {
    let text = |key: &str, value: &str| (key.to_owned(), Node::text(value));
    let mut entries = vec![text("rule", "pairs"), text("file", &file)];
    entries.extend(edges.map(|edges| text("edges", &edges)));
    Node::new(Value::Table(entries))
}
