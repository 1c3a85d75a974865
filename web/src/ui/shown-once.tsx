import type { ReactNode } from "react";
import { Button } from "./button";
import styles from "./shown-once.module.css";

interface ShownOnceProps {
  text: string;
  done: string;
  onDone: () => void;
  children: ReactNode;
}

/** A secret on its only appearance. */
export function ShownOnce({ text, done, onDone, children }: ShownOnceProps) {
  return (
    <div className={styles.once}>
      <p>{text}</p>
      {children}
      <Button look="primary" onClick={onDone}>
        {done}
      </Button>
    </div>
  );
}
