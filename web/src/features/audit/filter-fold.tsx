import { type ReactNode, useState } from "react";
import { useAccountText } from "../../i18n/account";
import { useMediaQuery } from "../../ui/use-media-query";
import styles from "./filter-fold.module.css";

/** On a phone the filter would push the list off the screen: there it is folded until something is looked for. */
export function FilterFold({ active, children }: { active: boolean; children: ReactNode }) {
  const t = useAccountText();
  const wide = useMediaQuery("(width >= 40rem)");
  const [open, setOpen] = useState(active);
  if (wide) return children;
  return (
    <details className={styles.fold} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.word}>{t("audit.filter")}</summary>
      {children}
    </details>
  );
}
