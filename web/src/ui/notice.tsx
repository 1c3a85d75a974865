import type { ReactNode } from "react";
import { classNames } from "./class-names";
import { Icon } from "./icon";
import styles from "./notice.module.css";

interface NoticeProps {
  tone?: "fault" | "hint" | "good";
  children: ReactNode;
  action?: ReactNode;
}

/** A sentence about something that did not go as it should, and what can be done. */
export function Notice({ tone = "fault", children, action }: NoticeProps) {
  return (
    <div role={tone === "fault" ? "alert" : "note"} className={classNames(styles.notice, styles[tone])}>
      <Icon name={tone === "good" ? "check" : "warning"} />
      <div className={styles.text}>{children}</div>
      {action}
    </div>
  );
}
