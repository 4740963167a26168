//! The `ntwk` program.
use std::sync::atomic::AtomicBool;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let threads = std::env::args().nth(2).unwrap().parse().unwrap();
    let over: Vec<(String, String)> = std::env::args()
        .skip(3)
        .map(|a| {
            let (k, v) = a.split_once('=').unwrap();
            (k.to_owned(), v.to_owned())
        })
        .collect();
    let model = match ntwk_io::read_model(path.as_ref(), &over, &ntwk_cells::library()) {
        Ok(m) => m,
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(2)
        }
    };
    let r =
        ntwk::simulate::simulate(&model, threads, &AtomicBool::new(false), &mut |_| ()).unwrap();
    println!(
        "build {:.3} sim {:.3} threads {} syn {} {:?}",
        r.build_seconds,
        r.simulate_seconds,
        r.threads,
        r.synapses,
        r.stopped.map(|s| s.to_string())
    );
    let dt = r.recording.dt;
    for p in &r.recording.populations {
        let s = p.spikes.as_ref().unwrap();
        let h: u64 = s.steps.iter().zip(&s.ids).fold(0u64, |h, (a, b)| {
            h.wrapping_mul(1099511628211).wrapping_add(a * 7919 + u64::from(*b))
        });
        let n = s.steps.iter().filter(|&&k| k as f64 * dt >= 500.0).count();
        println!(
            "{} {} spikes {} rate>500ms {:.3} Hz hash {h:x} Vmean {:.2}",
            p.name,
            p.size,
            s.len(),
            n as f64 / (r.recording.duration() - 500.0) * 1e3 / p.size as f64,
            p.traces[0].data.mean().unwrap()
        );
    }
}
