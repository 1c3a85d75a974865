//! Lines of `/api/chat` to events.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::not_json;
use crate::error::brief;
use crate::ndjson::Lines;
use crate::reply::Decode;
use crate::status::upstream;
use crate::{ModelError, ModelEvent, StopReason, ToolCall, Usage};

/// The decoder of one answer.
#[derive(Debug, Default)]
pub struct OllamaAnswer {
    lines: Lines,
    ready: VecDeque<ModelEvent>,
    tool_calls: u32,
}

impl Decode for OllamaAnswer {
    fn push(&mut self, chunk: Bytes) {
        self.lines.push(chunk);
    }

    fn next_event(&mut self) -> Result<Option<ModelEvent>, ModelError> {
        while self.ready.is_empty() {
            let Some(line) = self.lines.next_line()? else { return Ok(None) };
            if !line.trim_ascii().is_empty() {
                read(line, &mut self.tool_calls, &mut self.ready)?;
            }
        }
        Ok(self.ready.pop_front())
    }

    /// A last line without its line feed is taken if it is whole.
    fn end(&mut self) {
        if let Some(line) = self.lines.remainder()
            && read(line, &mut self.tool_calls, &mut self.ready).is_err()
        {
            self.ready.clear();
        }
    }

    /// The end comes in one line with everything else.
    fn finished(&self) -> bool {
        false
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: Option<Message<'a>>,
    done: Option<bool>,
    done_reason: Option<String>,
    #[serde(borrow)]
    prompt_eval_count: Option<&'a RawValue>,
    #[serde(borrow)]
    eval_count: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    content: Option<String>,
    thinking: Option<String>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Deserialize)]
struct Call<'a> {
    id: Option<String>,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

fn read(line: &[u8], tool_calls: &mut u32, ready: &mut VecDeque<ModelEvent>) -> Result<(), ModelError> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| not_json(&error))?;
    if let Some(error) = line.error {
        return Err(upstream(error.get().as_bytes()));
    }
    if line.message.is_none() && line.done.is_none() {
        return Err(ModelError::bad("JSON of another shape"));
    }
    if let Some(message) = line.message {
        let thinking = message.thinking.filter(|text| !text.is_empty());
        ready.extend(thinking.map(ModelEvent::Thinking));
        let content = message.content.filter(|text| !text.is_empty());
        ready.extend(content.map(ModelEvent::Text));
        for call in message.tool_calls.unwrap_or_default() {
            ready.push_back(ModelEvent::ToolCall(whole(call, *tool_calls)));
            *tool_calls = tool_calls.saturating_add(1);
        }
    }
    if line.done == Some(true) {
        let count = |raw: Option<&RawValue>| raw.and_then(|raw| raw.get().parse().ok());
        let (prompt, completion) = (count(line.prompt_eval_count), count(line.eval_count));
        if prompt.is_some() || completion.is_some() {
            ready.push_back(ModelEvent::Usage(Usage {
                prompt_tokens: prompt.unwrap_or_default(),
                completion_tokens: completion.unwrap_or_default(),
            }));
        }
        ready.push_back(ModelEvent::Stop(match line.done_reason.as_deref() {
            // Ollama says "stop" after tool calls, too.
            None | Some("stop" | "") if *tool_calls > 0 => StopReason::ToolCalls,
            None | Some("stop" | "") => StopReason::Complete,
            Some("length") => StopReason::Length,
            Some(other) => StopReason::Other(brief(other)),
        }));
    }
    Ok(())
}

/// Calls arrive whole, and the `index` in them restarts with every line in some versions: they are counted here.
fn whole(call: Call<'_>, index: u32) -> ToolCall {
    let arguments = call.function.arguments.map_or("{}", RawValue::get).to_owned();
    ToolCall { index, id: call.id, name: Some(call.function.name), arguments }
}
