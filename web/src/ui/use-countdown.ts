import { useEffect, useState } from "react";

/** Seconds left of a wait that began when `cause` became what it is. Zero when there is none. */
export function useCountdown(cause: unknown, seconds: number | null): number {
  const [begun, setBegun] = useState({ cause, at: Date.now() });
  const [now, setNow] = useState(begun.at);
  if (begun.cause !== cause) {
    const at = Date.now();
    setBegun({ cause, at });
    setNow(at);
  }
  const left = Math.max(0, Math.ceil((seconds ?? 0) - (now - begun.at) / 1000));
  const waiting = left > 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [waiting]);
  return left;
}
