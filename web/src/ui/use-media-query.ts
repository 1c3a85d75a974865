import { useSyncExternalStore } from "react";

export function useMediaQuery(query: string): boolean {
  const watch = (changed: () => void) => {
    const list = matchMedia(query);
    list.addEventListener("change", changed);
    return () => list.removeEventListener("change", changed);
  };
  return useSyncExternalStore(watch, () => matchMedia(query).matches);
}
