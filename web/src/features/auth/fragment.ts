import { useEffect, useState } from "react";

/** What came after `#`, once. It may be a secret: it does not stay in the address or the browser's history. */
export function useFragment(): string {
  const [fragment] = useState(() => location.hash.slice(1));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  return fragment;
}

/** The value of `name` in a fragment such as `code=AAAA`, or undefined. */
export function inFragment(fragment: string, name: string): string | undefined {
  return new URLSearchParams(fragment).get(name) ?? undefined;
}
