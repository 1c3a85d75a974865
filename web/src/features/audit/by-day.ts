import type { AuditEvent } from "../../api/audit";

export interface Day {
  key: string;
  at: string;
  events: AuditEvent[];
}

/** Events in their order, cut where the reader's day changes. */
export function byDay(events: readonly AuditEvent[]): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const date = new Date(event.at).toDateString();
    const last = days.at(-1);
    // A clock that was set back makes the same day twice.
    if (last && new Date(last.at).toDateString() === date) last.events.push(event);
    else
      days.push({
        key: `${date} ${days.filter(({ key }) => key.startsWith(date)).length}`,
        at: event.at,
        events: [event],
      });
  }
  return days;
}
