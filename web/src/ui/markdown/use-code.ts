import { useEffect, useRef, useState } from "react";
import type { ThemedToken } from "shiki/core";

/** Colouring growing code anew at every token would cost more than reading it is worth. */
const PAUSE_MS = 150;
/** Beyond this the colours take longer than a frame or two. */
const LONGEST = 30_000;

interface Coloured {
  code: string;
  language: string;
  lines: readonly ThemedToken[][];
}

/** The coloured lines of the code, and the end of it that has no colours yet. */
export function useCode(code: string, language: string | null): { lines: Coloured["lines"]; rest: string } {
  const [coloured, setColoured] = useState<Coloured | null>(null);
  const last = useRef(0);

  useEffect(() => {
    if (!language || code.length > LONGEST) return;
    let wanted = true;
    const wait = Math.max(0, last.current + PAUSE_MS - performance.now());
    const timer = setTimeout(async () => {
      last.current = performance.now();
      const { highlight } = await import("./highlight");
      const lines = await highlight(code, language);
      if (wanted && lines) setColoured({ code, language, lines });
    }, wait);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [code, language]);

  if (!coloured || coloured.language !== language || !code.startsWith(coloured.code)) {
    return { lines: [], rest: code };
  }
  return { lines: coloured.lines, rest: code.slice(coloured.code.length) };
}
