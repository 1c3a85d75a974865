import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { User } from "../api/wire";
import { Icon } from "../ui/icon";
import styles from "./settings-bar.module.css";

/** The way back, which part of the settings is open, and the others. */
export function SettingsBar({ role }: { role: User["role"] }) {
  const { t } = useTranslation();
  return (
    <nav className={styles.bar} aria-label={t("settings.tabs")}>
      <Link to="/" className={styles.back} aria-label={t("settings.back")} title={t("settings.back")}>
        <Icon name="back" />
      </Link>
      <Link to="/settings/security" className={styles.tab}>
        {t("settings.security")}
      </Link>
      {role !== "user" && (
        <>
          <Link to="/settings/people" className={styles.tab}>
            {t("settings.people")}
          </Link>
          <Link to="/settings/audit" className={styles.tab}>
            {t("settings.audit")}
          </Link>
        </>
      )}
    </nav>
  );
}
