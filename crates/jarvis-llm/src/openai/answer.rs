//! Events of `/chat/completions` to ours.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::not_json;
use crate::error::brief;
use crate::reply::Decode;
use crate::sse::{Events, Frame};
use crate::status::upstream;
use crate::{ModelError, ModelEvent, StopReason, ToolCall, Usage};

/// The decoder of one answer.
#[derive(Debug, Default)]
pub struct OpenAiAnswer {
    frames: Events,
    progress: Progress,
}

/// What the frames so far amount to.
#[derive(Debug, Default)]
struct Progress {
    ready: VecDeque<ModelEvent>,
    /// How many tool calls were begun.
    tool_calls: u32,
    /// Given before the usage; passed on after it.
    stop: Option<StopReason>,
}

impl Decode for OpenAiAnswer {
    fn push(&mut self, chunk: Bytes) {
        self.frames.push(chunk);
    }

    fn next_event(&mut self) -> Result<Option<ModelEvent>, ModelError> {
        while self.progress.ready.is_empty() {
            let Some(frame) = self.frames.next_frame()? else { return Ok(None) };
            self.progress.read(frame)?;
        }
        Ok(self.progress.ready.pop_front())
    }

    /// A last event without its empty line is taken if it is whole. A server that gave the reason for stopping and
    /// closed without `[DONE]` was finished.
    fn end(&mut self) {
        if let Ok(Some(frame)) = self.frames.remainder()
            && self.progress.read(frame).is_err()
        {
            self.progress.ready.clear();
        }
        if let Some(stop) = self.progress.stop.take() {
            self.progress.ready.push_back(ModelEvent::Stop(stop));
        }
    }

    fn finished(&self) -> bool {
        self.progress.stop.is_some()
    }
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

/// Reasoning has three names, and some servers send it under two of them at once.
#[derive(Deserialize)]
struct Delta<'a> {
    content: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<String>,
    thinking: Option<String>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    index: Option<u32>,
    id: Option<String>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    name: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl Progress {
    fn read(&mut self, frame: Frame<'_>) -> Result<(), ModelError> {
        let data = match frame {
            Frame::Data(data) => data.trim_ascii(),
            Frame::Error(data) => return Err(upstream(data)),
            Frame::Stray(line) => return Err(stray(line)),
        };
        match data {
            b"" => Ok(()),
            b"[DONE]" => {
                let stop = self.stop.take().unwrap_or_else(|| self.reason("stop"));
                self.ready.push_back(ModelEvent::Stop(stop));
                Ok(())
            }
            _ => self.chunk(serde_json::from_slice(data).map_err(|error| not_json(&error))?),
        }
    }

    fn chunk(&mut self, chunk: Chunk<'_>) -> Result<(), ModelError> {
        if let Some(error) = chunk.error {
            return Err(upstream(error.get().as_bytes()));
        }
        // Only one choice is ever asked for.
        if let Some(choice) = chunk.choices.into_iter().flatten().next() {
            if let Some(delta) = choice.delta {
                self.delta(delta)?;
            }
            if let Some(reason) = choice.finish_reason {
                self.stop = Some(self.reason(&reason));
            }
        }
        // A usage of another shape is not worth losing an answer for.
        let usage = chunk.usage.and_then(|raw| serde_json::from_str::<WireUsage>(raw.get()).ok());
        if let Some(WireUsage { prompt_tokens, completion_tokens }) = usage
            && (prompt_tokens.is_some() || completion_tokens.is_some())
        {
            self.ready.push_back(ModelEvent::Usage(Usage {
                prompt_tokens: prompt_tokens.unwrap_or_default(),
                completion_tokens: completion_tokens.unwrap_or_default(),
            }));
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta<'_>) -> Result<(), ModelError> {
        let said = |text: &String| !text.is_empty();
        let thinking =
            [delta.reasoning_content, delta.reasoning, delta.thinking].into_iter().flatten().find(said);
        self.ready.extend(thinking.map(ModelEvent::Thinking));
        self.ready.extend(delta.content.filter(said).map(ModelEvent::Text));
        for call in delta.tool_calls.unwrap_or_default() {
            let call = self.call(call)?;
            self.ready.push_back(ModelEvent::ToolCall(call));
        }
        Ok(())
    }

    /// Some servers leave out the index: a name then begins a new call, and anything else continues the last one.
    fn call(&mut self, call: Call<'_>) -> Result<ToolCall, ModelError> {
        let (name, arguments) =
            call.function.map_or((None, None), |function| (function.name, function.arguments));
        let index = call.index.unwrap_or(match name {
            Some(_) => self.tool_calls,
            None => self.tool_calls.saturating_sub(1),
        });
        self.tool_calls = self.tool_calls.max(index.saturating_add(1));
        // A string by the protocol; a few servers send the object itself.
        let arguments = match arguments.map(RawValue::get) {
            None => String::new(),
            Some(text) if text.starts_with('"') => {
                serde_json::from_str(text).map_err(|error| not_json(&error))?
            }
            Some(object) => object.to_owned(),
        };
        Ok(ToolCall { index, id: call.id, name, arguments })
    }

    fn reason(&self, reason: &str) -> StopReason {
        match reason {
            "length" => StopReason::Length,
            "tool_calls" | "function_call" => StopReason::ToolCalls,
            // Not every server has a word of its own for tool calls.
            "stop" | "" if self.tool_calls > 0 => StopReason::ToolCalls,
            "stop" | "" => StopReason::Complete,
            other => StopReason::Other(brief(other)),
        }
    }
}

/// An error without the framing of events, or something else altogether.
fn stray(line: &[u8]) -> ModelError {
    match serde_json::from_slice::<Chunk<'_>>(line) {
        Ok(Chunk { error: Some(error), .. }) => upstream(error.get().as_bytes()),
        _ => ModelError::bad("not an event stream"),
    }
}
