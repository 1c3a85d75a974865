import { useEffect, useState } from "react";
import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import { useCopy } from "../../ui/use-copy";
import styles from "./recovery-codes.module.css";

interface RecoveryCodesProps {
  codes: readonly string[];
  username: string;
  doneLabel: string;
  onKept: () => void;
}

/** Codes that are shown this once: one says that one has them before one goes on. */
export function RecoveryCodes({ codes, username, doneLabel, onKept }: RecoveryCodesProps) {
  const t = useAccountText();
  const [kept, setKept] = useState(false);
  const { copied, copy } = useCopy();
  const title = t("codes.file", { name: username });
  const text = `${title}\n\n${codes.join("\n")}\n\n${t("codes.once")}\n`;
  useEffect(() => {
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", hold);
    return () => window.removeEventListener("beforeunload", hold);
  }, []);
  return (
    <div className={styles.once}>
      <div className={styles.sheet} data-print="">
        <p className={styles.heading}>{title}</p>
        <ul className={styles.codes} aria-label={t("codes.list")}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
      </div>
      <div className={styles.ways}>
        <Button icon={copied ? "check" : "copy"} onClick={() => copy(text)}>
          <span role="status">{copied ? t("codes.copied") : t("codes.copy")}</span>
        </Button>
        <Button icon="down" onClick={() => download(`${title}.txt`, text)}>
          {t("codes.download")}
        </Button>
        <Button icon="print" onClick={() => window.print()}>
          {t("codes.print")}
        </Button>
      </div>
      <label className={styles.kept}>
        <input type="checkbox" checked={kept} onChange={() => setKept(!kept)} />
        {t("codes.kept")}
      </label>
      <Button look="primary" disabled={!kept} onClick={onKept}>
        {doneLabel}
      </Button>
    </div>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
