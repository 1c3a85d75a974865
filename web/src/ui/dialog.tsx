import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef } from "react";
import { classNames } from "./class-names";
import styles from "./dialog.module.css";

interface DialogProps {
  title: string;
  children: ReactNode;
  /** Buttons in a row at the end, where the content has none of its own. */
  actions?: ReactNode;
  /** Without it the dialog stays until its own buttons end it. */
  onClose?: (() => void) | undefined;
  wide?: boolean;
  /** Where one begins: at the first field (else the first button), or with what is to be read. */
  focus?: "field" | "title";
}

const FIELDS = 'input:not([tabindex="-1"]), select, textarea';

/** A modal question. The platform's own dialog traps and returns the focus and closes on Escape. */
export function Dialog({ title, children, actions, onClose, wide = false, focus = "field" }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    const first = focus === "title" ? "h2" : FIELDS;
    element?.querySelector<HTMLElement>(first)?.focus();
    return () => element?.close();
  }, [focus]);
  const cancel = (event: SyntheticEvent) => {
    if (event.target !== dialog.current) return;
    if (onClose) onClose();
    else event.preventDefault();
  };
  // A second Escape closes a dialog whatever it answered to the first.
  const closed = (event: SyntheticEvent) => {
    if (event.target === dialog.current && !onClose && dialog.current?.isConnected) {
      dialog.current.showModal();
    }
  };
  return (
    <dialog
      ref={dialog}
      className={classNames(styles.dialog, wide && styles.wide)}
      aria-labelledby={id}
      onCancel={cancel}
      onClose={closed}
    >
      <h2 id={id} tabIndex={-1} className={styles.title}>
        {title}
      </h2>
      <div className={styles.text}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </dialog>
  );
}
