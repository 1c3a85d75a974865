import { useEffect, useEffectEvent, useRef } from "react";
import { passkeysAutofill, signInWithPasskey } from "../../api/passkeys";
import type { User } from "../../api/wire";

/** The server forgets a ceremony after 5 minutes; an older one would be refused when it is chosen. */
const RENEW_MS = 240_000;

/**
 * Lets the browser offer passkeys inside the name field, as long as the page is open. Only one ceremony may run in a
 * page: what is given to the function that comes back runs while this one is set aside.
 */
export function useConditionalPasskey(
  enabled: boolean,
  onIn: (user: User) => void,
): <T>(other: () => Promise<T>) => Promise<T> {
  const running = useRef<AbortController | null>(null);
  const entered = useEffectEvent(onIn);

  const offer = async () => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    if (!(await passkeysAutofill()) || mine.signal.aborted) return;
    // Not chosen, refused or interrupted: the form is still there.
    const user = await signInWithPasskey(undefined, mine.signal, "conditional").catch(() => null);
    if (user && !mine.signal.aborted) entered(user);
  };
  const start = useEffectEvent(() => void offer());

  useEffect(() => {
    if (!enabled) return;
    start();
    const timer = setInterval(start, RENEW_MS);
    return () => {
      clearInterval(timer);
      running.current?.abort();
    };
  }, [enabled]);

  return async (other) => {
    running.current?.abort();
    try {
      return await other();
    } catch (cause) {
      void offer();
      throw cause;
    }
  };
}
