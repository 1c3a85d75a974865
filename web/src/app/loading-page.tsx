import { useTranslation } from "react-i18next";
import { Orb } from "../ui/orb";
import styles from "./plain-page.module.css";

export function LoadingPage() {
  const { t } = useTranslation();
  return (
    <main className={styles.page} aria-busy="true">
      <Orb size="large" state="thinking" />
      <p role="status">{t("app.loading")}</p>
    </main>
  );
}
