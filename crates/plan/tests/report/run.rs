//! A made-up run: users that send a message each second against a token bucket of 1,500 messages and 100 a second.

use std::sync::Arc;

use gcmock_limit::Algorithm;
use gcmock_plan::report::{
    Advice, Conduct, Herd, KeyRun, LimitMoment, LimitRun, Material, PredictedLimit, Prediction,
};
use gcmock_plan::results::{Outcome, Results, Sample};

pub(crate) const MILLISECOND: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;
/// 2026-03-08T00:00:00Z.
pub(crate) const START: u64 = 1_772_928_000 * SECOND;

const CAPACITY: u64 = 1500;
const BUCKET: Algorithm = Algorithm::TokenBucket { capacity: 1500, refill: 100, period: SECOND };

/// One sample that began this many milliseconds after the start.
pub(crate) fn sample(millis: u64, status: u16, elapsed: u64) -> Sample {
    Sample {
        start: START + millis * MILLISECOND,
        elapsed: elapsed * MILLISECOND,
        outcome: Outcome::Status(status),
        success: status < 400,
        received: 512,
        sent: 256,
        all_threads: 1,
        ..Sample::default()
    }
}

/// `users` users for this many seconds, and what the limit did.
pub(crate) fn run(users: u64, seconds: u64) -> Material {
    let (mut samples, mut moments) = (Vec::new(), Vec::new());
    // Tokens in thousandths, so that a millisecond gives a whole number of them.
    let mut used = 0_u64;
    for second in 0..seconds {
        let mut moment = LimitMoment {
            from: START + second * SECOND,
            to: START + (second + 1) * SECOND,
            ..LimitMoment::default()
        };
        for user in 0..users {
            let millis = second * 1000 + user * 1000 / users;
            used = used.saturating_sub(100 * (1000 / users).max(1));
            let admitted = used + 1000 <= CAPACITY * 1000;
            used += if admitted { 1000 } else { 0 };
            moment.hits += 1;
            moment.refused += u64::from(!admitted);
            moment.near += u64::from(admitted && used > CAPACITY * 800);
            moment.used = moment.used.max(u32::try_from(used / 1000).expect("small"));
            let jitter = (millis * 7919 + user * 104_729) % 40;
            let slow = if (millis * 31 + user).is_multiple_of(97) { 220 } else { 0 };
            let status = if admitted { 202 } else { 429 };
            let elapsed = if admitted { 60 + jitter + slow } else { 1000 + jitter / 4 };
            samples.push(Sample {
                thread: u32::try_from(user).expect("small"),
                label: u32::from(user % 8 == 0),
                all_threads: u32::try_from(users.min((second + 1) * 20)).expect("small"),
                ..sample(millis, status, elapsed)
            });
        }
        moments.push(moment);
    }
    let labels = vec!["Send message".into(), "Read <conversation> & \"more\"".into()];
    let threads = (0..users).map(|user| format!("Users 1-{user}").into()).collect();
    let results = Results { labels, threads, samples, ..Results::default() };
    Material {
        title: "messaging-tenant".to_owned(),
        source: "messaging-tenant.jtl".to_owned(),
        limits: vec![bucket(&results, moments), quiet(&results)],
        results,
        ..Material::default()
    }
}

fn bucket(results: &Results, moments: Vec<LimitMoment>) -> LimitRun {
    let refused = |sample: &&Sample| sample.outcome == Outcome::Status(429);
    let count = results.samples.iter().filter(refused).count() as u64;
    LimitRun {
        name: "messaging-send".into(),
        scope: "tenant".to_owned(),
        algorithm: Some(BUCKET),
        keys: 1,
        hits: results.samples.len() as u64,
        admitted: results.samples.len() as u64 - count,
        near: moments.iter().map(|moment| moment.near).sum(),
        refused: count,
        highest: moments.iter().map(|moment| moment.used).max(),
        first_refusal: results.samples.iter().find(refused).map(|sample| sample.start),
        worst: vec![KeyRun { key: "tenant 3fa9c07712de".to_owned(), refused: count, highest: 1500 }],
        moments,
        ..LimitRun::default()
    }
}

/// A limit that only counts.
fn quiet(results: &Results) -> LimitRun {
    let hits = results.samples.len() as u64;
    let moment = |start: u64| LimitMoment {
        from: start,
        to: start + SECOND,
        hits: 200,
        used: 120,
        ..LimitMoment::default()
    };
    LimitRun {
        name: "org-app-user".into(),
        scope: "tenant+client+user".to_owned(),
        algorithm: Some(Algorithm::FixedWindow { capacity: 300, period: 60 * SECOND }),
        shadow: true,
        keys: 200,
        hits,
        admitted: hits - 12,
        would_have_refused: 12,
        highest: Some(180),
        moments: (0..30).map(|second| moment(START + second * 2 * SECOND)).collect(),
        ..LimitRun::default()
    }
}

/// The run with a prediction and with what its callers did.
pub(crate) fn predicted_run(users: u64, seconds: u64) -> Material {
    let advice = |knob: &str, value: &str, clean_for_seconds: Option<f64>| Advice {
        knob: knob.to_owned(),
        value: value.to_owned(),
        headroom_percent: Some(4.5),
        clean_for_seconds,
    };
    let seconds_u32 = u32::try_from(seconds).expect("small");
    let prediction = Prediction {
        sentence: "Refused: about 950 of 5,000, first at 15.0 s, by messaging-send.".to_owned(),
        samples: 5000,
        refused: 950,
        first_refusal: Some(15 * SECOND),
        by_limit: vec![PredictedLimit {
            limit: Arc::from("messaging-send"),
            refused: 950,
            first_refusal: Some(15 * SECOND),
        }],
        advice: vec![
            advice("threads", "100 users", None),
            advice("threads", "124 users", Some(f64::from(seconds_u32))),
            advice("Constant Throughput Timer", "6,000/min", None),
        ],
    };
    let delay = |retry: i64| (retry * retry * 37 % 4100 - 900) * 1_000_000;
    let conduct = Conduct {
        callers: users,
        unretried: 3,
        delays: (0..953).map(delay).collect(),
        growing: 40,
        shrinking: 210,
        herds: vec![Herd {
            operation: "POST /api/v2/conversations".to_owned(),
            at: START + 17 * SECOND,
            retries: 48,
        }],
    };
    Material { prediction: Some(prediction), conduct: Some(conduct), ..run(users, seconds) }
}
