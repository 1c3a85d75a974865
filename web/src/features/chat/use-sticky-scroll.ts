import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** This near the end the reader is taken to want to stay there. */
const NEAR_END_PX = 32;

interface StickyScroll {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  toEnd: () => void;
}

/**
 * Keeps the end in view while the content grows, until the reader scrolls up, and keeps what is read in place
 * when something is put before it. `first` names the first item.
 */
export function useStickyScroll(first: string | undefined): StickyScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const height = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    stuck.current = true;
    setAtEnd(true);
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when something else comes first
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    if (stuck.current) box.scrollTop = box.scrollHeight;
    else box.scrollTop += box.scrollHeight - height.current;
    height.current = box.scrollHeight;
  }, [first]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    let top = box.scrollTop;
    const scrolled = () => {
      const left = box.scrollHeight - box.clientHeight - box.scrollTop;
      const up = box.scrollTop < top - 1;
      top = box.scrollTop;
      if (left <= NEAR_END_PX && !(up && left > 4)) stuck.current = true;
      else if (up) stuck.current = false;
      setAtEnd(stuck.current || left <= NEAR_END_PX);
    };
    const resized = new ResizeObserver(() => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
      height.current = box.scrollHeight;
    });
    box.addEventListener("scroll", scrolled, { passive: true });
    resized.observe(inner);
    resized.observe(box);
    return () => {
      box.removeEventListener("scroll", scrolled);
      resized.disconnect();
    };
  }, []);

  return { scroller, content, atEnd, toEnd };
}
