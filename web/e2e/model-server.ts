import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const OLLAMA_MODEL = "llama3.2:3b";
export const OPENAI_MODEL = "local-model";

/** Forty words: long enough to look at half of them, each there exactly once. */
export const ANSWER = Array.from({ length: 40 }, (_, at) => `word${at + 1}`).join(" ");

/** Stands in for Ollama and for an OpenAI-compatible server. The test decides when words come. */
export class ModelServer {
  readonly questions: string[] = [];
  /** What is answered from now on. */
  answer = ANSWER;
  readonly #open = new Set<ServerResponse>();
  readonly #server: Server;
  #pauseAfter = Number.POSITIVE_INFINITY;
  #resume: (() => void)[] = [];
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The same port again after a stop. */
  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(this.#port, "127.0.0.1", done));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Answers stop after so many words until `release`. */
  pauseAfter(words: number): void {
    this.#pauseAfter = words;
  }

  release(): void {
    this.#pauseAfter = Number.POSITIVE_INFINITY;
    for (const resume of this.#resume.splice(0)) resume();
  }

  /** Breaks the answers that are under way. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  /** Words; of a long text, more at a time. */
  #pieces(): string[] {
    return (
      this.answer.match(this.answer.length < 1000 ? /[^ ]* ?/g : /[\s\S]{1,2000}/gu)?.filter(Boolean) ?? []
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    switch (`${request.method} ${request.url?.split("?")[0]}`) {
      case "GET /api/version":
        return json(response, { version: "0.12.0" });
      case "GET /api/tags":
        return json(response, {
          models: [{ name: OLLAMA_MODEL, model: OLLAMA_MODEL, size: 1, details: {} }],
        });
      case "GET /api/ps":
        return json(response, { models: [] });
      case "POST /api/show":
        return json(response, { model_info: { "llama.context_length": 8192 }, capabilities: ["completion"] });
      case "GET /v1/models":
        return json(response, { object: "list", data: [{ id: OPENAI_MODEL, object: "model" }] });
      case "POST /api/chat":
        return this.#write(response, body, "application/x-ndjson", ollamaWord, ollamaEnd);
      case "POST /v1/chat/completions":
        return this.#write(response, body, "text/event-stream", openaiWord, openaiEnd);
      default:
        response.writeHead(404).end();
    }
  }

  async #write(
    response: ServerResponse,
    body: { messages?: { content: string }[] },
    type: string,
    word: (text: string) => string,
    end: string,
  ): Promise<void> {
    this.questions.push(body.messages?.at(-1)?.content ?? "");
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    response.writeHead(200, { "content-type": type });
    response.flushHeaders();
    for (const [at, text] of this.#pieces().entries()) {
      if (at >= this.#pauseAfter) await new Promise<void>((resume) => this.#resume.push(resume));
      if (response.destroyed) return;
      response.write(word(text));
      // A turn of the loop between words: they travel one by one.
      await new Promise((next) => setImmediate(next));
    }
    response.end(end);
  }
}

const ollamaWord = (content: string) =>
  `${JSON.stringify({ model: OLLAMA_MODEL, message: { role: "assistant", content }, done: false })}\n`;
const ollamaEnd = `${JSON.stringify({
  model: OLLAMA_MODEL,
  message: { role: "assistant", content: "" },
  done: true,
  done_reason: "stop",
  prompt_eval_count: 12,
  eval_count: 40,
})}\n`;

const sse = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const chunk = { id: "c", object: "chat.completion.chunk", model: OPENAI_MODEL };
const openaiWord = (content: string) =>
  sse({ ...chunk, choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const openaiEnd = `${sse({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}${sse({
  ...chunk,
  choices: [],
  usage: { prompt_tokens: 12, completion_tokens: 40, total_tokens: 52 },
})}data: [DONE]\n\n`;

async function read(request: IncomingMessage): Promise<{ messages?: { content: string }[] }> {
  let text = "";
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
