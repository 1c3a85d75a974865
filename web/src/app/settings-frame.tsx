import { Outlet } from "@tanstack/react-router";
import { Suspense } from "react";
import { LoadingPage } from "./loading-page";
import styles from "./settings-frame.module.css";

/** A page of settings scrolls by itself, in the middle of the room there is. */
export function SettingsFrame() {
  return (
    <div className={styles.scroller}>
      <div className={styles.page}>
        <Suspense fallback={<LoadingPage />}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}
