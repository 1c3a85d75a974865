import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Setup = Schemas["SetupState"];
export type NewAccount = Schemas["NewAccount"];
export type Conversation = Schemas["Conversation"];
export type ConversationList = Schemas["ConversationPage"];
export type Message = Schemas["Message"];
export type MessageList = Schemas["MessagePage"];
export type Model = Schemas["ModelEntry"];
export type ModelList = Schemas["ModelList"];
export type Sent = Schemas["SentMessage"];
export type Problem = Schemas["Problem"];
export type ClientFrame = Schemas["ClientFrame"];
/** All that the socket says: what is told at once, and the numbered events. */
export type ServerEvent = Schemas["ServerFrame"] | Schemas["Numbered"];

type Named<T extends ServerEvent["type"]> = Extract<ServerEvent, { type: T }>;

export type MessageEvent = Named<
  "message.created" | "message.started" | "message.retrying" | "message.delta" | "message.finished"
>;
export type ConversationEvent = Named<
  "conversation.created" | "conversation.updated" | "conversation.renamed" | "conversation.deleted"
>;
