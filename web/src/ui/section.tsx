import { type ReactNode, useId } from "react";
import { Icon, type IconName } from "./icon";
import styles from "./section.module.css";

interface SectionProps {
  title: string;
  text: string;
  icon: IconName;
  /** The state in a word. */
  badge?: ReactNode;
  children: ReactNode;
}

/** One subject of a settings page: what it is on the left, what one can do on the right. */
export function Section({ title, text, icon, badge, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          <Icon name={icon} />
          {title}
        </h2>
        {badge}
        <p className={styles.text}>{text}</p>
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
