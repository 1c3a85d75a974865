import { useEffect, useState } from "react";
import type { Outgoing } from "../../api/outbox";
import { useLive } from "./live-context";

/** What the server calls what it found in a message that would run script if it were shown as HTML. */
const ACTIVE_CONTENT = [
  "dangerous_content",
  "script_element",
  "event_handler",
  "embedded_content",
  "redirecting_markup",
  "active_style",
  "script_url",
  "data_url",
];

/** A message that is refused for what it holds goes back to where it was written, before what was written since. */
export function useRefused(
  outgoing: readonly Outgoing[],
  draft: string,
  setDraft: (text: string) => void,
): [code: string | null, forget: () => void] {
  const live = useLive();
  const [code, setCode] = useState<string | null>(null);
  const refused = outgoing.find((entry) => entry.fault && ACTIVE_CONTENT.includes(entry.fault.code));
  useEffect(() => {
    if (!refused?.fault) return;
    live.forget(refused.clientId);
    setDraft([refused.text, draft].filter(Boolean).join("\n\n"));
    setCode(refused.fault.code);
  }, [live, refused, draft, setDraft]);
  return [code, () => setCode(null)];
}
