import { useTranslation } from "react-i18next";
import { IconButton } from "../../ui/icon-button";
import { useCopy } from "../../ui/use-copy";
import styles from "./command-line.module.css";

/** A command to run in a terminal, with a button that copies it. */
export function CommandLine({ command }: { command: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <div className={styles.line}>
      <code className={styles.command}>{command}</code>
      <IconButton
        icon={copied ? "check" : "copy"}
        label={copied ? t("chat.copied") : `${t("chat.copy")} ${command}`}
        size={16}
        onClick={() => copy(command)}
      />
    </div>
  );
}
