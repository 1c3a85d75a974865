import { createContext, use, useSyncExternalStore } from "react";
import type { Live, LiveState } from "../../api/live";

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error("useLive needs LiveContext above it");
  return live;
}

export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.watch, live.state);
}
