//! Retries and the circuit breaker, on a clock that the tests move.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic; clippy.toml lets it, but not the functions that tests share"
)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use futures_util::{FutureExt, StreamExt};
use jarvis_llm::scripted::{Call, Script, ScriptedModel};
use jarvis_llm::{
    ChatRequest, EventStream, Model, ModelError, ModelEvent, Resilient, RetryPolicy, StopReason, Usage,
};
use tokio::time::{Instant, advance, timeout};

fn resilient(policy: RetryPolicy) -> (Resilient, Script) {
    let (model, script) = ScriptedModel::new("scripted");
    (Resilient::new(Arc::new(model), policy), script)
}

fn once() -> RetryPolicy {
    RetryPolicy { attempts: 1, ..RetryPolicy::default() }
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "m".to_owned(),
        messages: vec![],
        context_tokens: None,
        max_tokens: None,
        temperature: None,
    }
}

fn down() -> ModelError {
    ModelError::Server { status: 500, detail: "down".to_owned() }
}

fn limited(seconds: u64) -> ModelError {
    ModelError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) }
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::Text(text.to_owned())
}

fn done() -> ModelEvent {
    ModelEvent::Stop(StopReason::Complete)
}

/// The next call; on a paused clock its absence shows at once.
async fn call(script: &mut Script) -> Call {
    timeout(Duration::from_secs(3600), script.next_call()).await.unwrap().unwrap()
}

/// Asks and answers with `error`, in a policy without retries.
async fn fail(model: &Resilient, script: &mut Script, error: ModelError) {
    let answer = async { call(script).await.fail(error.clone()).await };
    let asked = timeout(Duration::from_secs(3600), model.chat(request()).collect::<Vec<_>>());
    let (items, _) = join(asked, answer).await;
    assert_eq!(items.unwrap(), [Err(error.clone())]);
}

async fn succeed(model: &Resilient, script: &mut Script) {
    let answer = async { call(script).await.stop().await };
    let (items, _) = join(model.chat(request()).collect::<Vec<_>>(), answer).await;
    assert_eq!(items, [Ok(done())]);
}

/// Begins a chat and leaves it unanswered.
async fn begin(model: &Resilient, script: &mut Script) -> (EventStream, Call) {
    let mut stream = model.chat(request());
    assert!(stream.next().now_or_never().is_none());
    (stream, call(script).await)
}

fn refused(model: &Resilient) -> Duration {
    let item = model.chat(request()).next().now_or_never().expect("refused at once");
    match item {
        Some(Err(ModelError::CircuitOpen { retry_after })) => retry_after,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn two_failures_and_a_success_make_exactly_one_answer() {
    let (model, mut script) = resilient(RetryPolicy::default());
    let server = async {
        call(&mut script).await.fail(down()).await;
        call(&mut script).await.fail(ModelError::FirstTokenTimeout).await;
        let call = call(&mut script).await;
        call.text("once").await;
        call.usage(1, 2).await;
        call.stop().await;
    };
    let (items, ()) = join(model.chat(request()).collect::<Vec<_>>(), server).await;
    let events: Vec<ModelEvent> = items.into_iter().map(Result::unwrap).collect();
    let ModelEvent::Retrying { attempt: 2, of: 3, after, reason } = &events[0] else { panic!("{events:?}") };
    assert_eq!(*reason, down());
    assert!(*after <= Duration::from_millis(250));
    let ModelEvent::Retrying { attempt: 3, of: 3, after, reason } = &events[1] else { panic!("{events:?}") };
    assert_eq!(*reason, ModelError::FirstTokenTimeout);
    assert!(*after <= Duration::from_millis(500));
    let usage = ModelEvent::Usage(Usage { prompt_tokens: 1, completion_tokens: 2 });
    assert_eq!(events[2..], [text("once"), usage, done()]);
    assert!(script.next_call().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_announced_pause_is_kept() {
    let (model, mut script) = resilient(RetryPolicy::default());
    let mut stream = model.chat(request());
    let fail = async { call(&mut script).await.fail(limited(7)).await };
    let (first, _) = join(stream.next(), fail).await;
    let after = Duration::from_secs(7);
    assert_eq!(first, Some(Ok(ModelEvent::Retrying { attempt: 2, of: 3, after, reason: limited(7) })));
    let begun = Instant::now();
    let answer = async {
        let call = call(&mut script).await;
        assert!(begun.elapsed() >= after && begun.elapsed() < after + Duration::from_millis(10));
        call.stop().await;
    };
    assert_eq!(join(stream.next(), answer).await.0, Some(Ok(done())));
}

#[tokio::test(start_paused = true)]
async fn three_attempts_are_all() {
    let (model, mut script) = resilient(RetryPolicy::default());
    let server = async {
        for _ in 0..3 {
            call(&mut script).await.fail(down()).await;
        }
    };
    let (items, ()) = join(model.chat(request()).collect::<Vec<_>>(), server).await;
    assert_eq!(items.len(), 3);
    assert_eq!(items[2], Err(down()));
    assert!(script.next_call().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_another_attempt_cannot_help_is_handed_on_at_once() {
    let unknown = ModelError::ModelNotFound { detail: String::new() };
    for error in [unknown, ModelError::Unauthorized, ModelError::Truncated, limited(31)] {
        let (model, mut script) = resilient(RetryPolicy::default());
        fail(&model, &mut script, error).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_event_an_error_is_final() {
    for first in [text("par"), ModelEvent::Thinking("hm".to_owned()), ModelEvent::Usage(Usage::default())] {
        let (model, mut script) = resilient(RetryPolicy::default());
        let server = async {
            let call = call(&mut script).await;
            call.event(first.clone()).await;
            call.fail(down()).await;
        };
        let (items, ()) = join(model.chat(request()).collect::<Vec<_>>(), server).await;
        assert_eq!(items, [Ok(first.clone()), Err(down())]);
        assert!(script.next_call().now_or_never().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_the_circuit_and_one_trial_closes_it() {
    let (model, mut script) = resilient(once());
    for _ in 0..5 {
        fail(&model, &mut script, down()).await;
    }
    assert_eq!(refused(&model), Duration::from_secs(10));
    advance(Duration::from_secs(4)).await;
    assert_eq!(refused(&model), Duration::from_secs(6));
    advance(Duration::from_secs(6)).await;

    let (mut trial, call) = begin(&model, &mut script).await;
    assert_eq!(refused(&model), Duration::ZERO);
    call.text("back").await;
    assert_eq!(trial.next().await, Some(Ok(text("back"))));
    succeed(&model, &mut script).await;
    assert!(call.stop().await);
}

#[tokio::test(start_paused = true)]
async fn failed_trials_double_the_pause_up_to_a_minute() {
    let (model, mut script) = resilient(once());
    for _ in 0..5 {
        fail(&model, &mut script, down()).await;
    }
    for expected in [20, 40, 60, 60] {
        advance(refused(&model)).await;
        fail(&model, &mut script, down()).await;
        assert_eq!(refused(&model), Duration::from_secs(expected));
    }
    advance(Duration::from_secs(60)).await;
    succeed(&model, &mut script).await;
    for _ in 0..4 {
        fail(&model, &mut script, down()).await;
    }
    succeed(&model, &mut script).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_or_a_refusal_between_failures_starts_the_count_again() {
    let (model, mut script) = resilient(once());
    for _ in 0..3 {
        for _ in 0..4 {
            fail(&model, &mut script, down()).await;
        }
        fail(&model, &mut script, ModelError::Unauthorized).await;
    }
    succeed(&model, &mut script).await;
}

#[tokio::test(start_paused = true)]
async fn cancelling_proves_nothing_and_frees_the_trial() {
    let (model, mut script) = resilient(once());
    for _ in 0..20 {
        let (stream, call) = begin(&model, &mut script).await;
        drop(stream);
        call.cancelled().await;
    }
    for _ in 0..5 {
        fail(&model, &mut script, down()).await;
    }
    advance(Duration::from_secs(10)).await;
    let (trial, call) = begin(&model, &mut script).await;
    assert_eq!(refused(&model), Duration::ZERO);
    drop(trial);
    call.cancelled().await;
    succeed(&model, &mut script).await;
}

#[tokio::test(start_paused = true)]
async fn late_news_from_before_the_circuit_opened_do_not_move_it() {
    let (model, mut script) = resilient(once());
    let (mut good, good_call) = begin(&model, &mut script).await;
    let (mut bad, bad_call) = begin(&model, &mut script).await;
    for _ in 0..5 {
        fail(&model, &mut script, down()).await;
    }
    good_call.text("late").await;
    assert_eq!(good.next().await, Some(Ok(text("late"))));
    bad_call.fail(down()).await;
    assert_eq!(bad.next().await, Some(Err(down())));
    assert_eq!(refused(&model), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_request_stops_trying_when_the_circuit_opens() {
    let (model, mut script) = resilient(RetryPolicy::default());
    let server = async {
        for _ in 0..5 {
            call(&mut script).await.fail(down()).await;
        }
    };
    let asker = async {
        let first = model.chat(request()).collect::<Vec<_>>().await;
        let second = model.chat(request()).collect::<Vec<_>>().await;
        (first.len(), second)
    };
    let ((first, second), ()) = join(asker, server).await;
    assert_eq!((first, second.len()), (3, 2));
    assert_eq!(second[1], Err(down()));
}

#[tokio::test(start_paused = true)]
async fn a_probe_passes_an_open_circuit() {
    let (model, mut script) = resilient(once());
    for _ in 0..5 {
        fail(&model, &mut script, down()).await;
    }
    assert_eq!(model.probe().await, Ok(()));
    script.set_reachable(false);
    assert_eq!(model.probe().await.unwrap_err().code(), "unreachable");
    assert_eq!(model.address(), "scripted");
}

#[tokio::test(start_paused = true)]
async fn a_scripted_call_that_is_dropped_is_a_truncated_answer() {
    let (model, mut script) = ScriptedModel::new("scripted");
    let mut stream = model.chat(request());
    let call = call(&mut script).await;
    assert_eq!(call.request().model, "m");
    call.text("half").await;
    drop(call);
    assert_eq!(stream.next().await, Some(Ok(text("half"))));
    assert_eq!(stream.next().await, Some(Err(ModelError::Truncated)));
    assert_eq!(stream.next().await, None);
    drop(model);
    assert!(timeout(Duration::from_secs(1), script.next_call()).await.unwrap().is_none());
}
