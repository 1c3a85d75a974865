import { useEffect, useRef, useState } from "react";

/** The value, but a new one at most every so often: for words that are read aloud. */
export function useSpaced<T>(value: T, everyMs: number): T {
  const [told, setTold] = useState(value);
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (value === told) return;
    const tell = () => {
      last.current = Date.now();
      setTold(value);
    };
    const timer = setTimeout(tell, Math.max(0, last.current + everyMs - Date.now()));
    return () => clearTimeout(timer);
  }, [value, told, everyMs]);
  return told;
}
