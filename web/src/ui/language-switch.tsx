import { useTranslation } from "react-i18next";
import { chooseLanguage, LANGUAGES, type Language } from "../i18n/i18n";
import styles from "./language-switch.module.css";

const NAMES = Object.entries(LANGUAGES) as [Language, string][];

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{t("app.language")}</legend>
      {NAMES.map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-label={`${language} · ${name}`}
          title={name}
          aria-pressed={i18n.language === language}
          className={styles.choice}
          onClick={() => chooseLanguage(language)}
        >
          {language}
        </button>
      ))}
    </fieldset>
  );
}
