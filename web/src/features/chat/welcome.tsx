import { useTranslation } from "react-i18next";
import { Orb } from "../../ui/orb";
import { useLiveState } from "./live-context";
import styles from "./welcome.module.css";

const SUGGESTIONS = ["explain", "write", "code", "plan"] as const;

interface WelcomeProps {
  username: string;
  onSuggest: (text: string) => void;
}

export function Welcome({ username, onSuggest }: WelcomeProps) {
  const { t } = useTranslation();
  const { connection } = useLiveState();
  return (
    <section className={styles.welcome} aria-labelledby="welcome-title">
      <Orb size="large" state={connection === "offline" ? "offline" : "idle"} />
      <h2 id="welcome-title" className={styles.title}>
        {t(`welcome.title_${timeOfDay(new Date())}`, { name: username })}
      </h2>
      <p className={styles.lead}>{t("welcome.lead")}</p>
      <ul className={styles.suggestions} aria-label={t("welcome.label")}>
        {SUGGESTIONS.map((key) => (
          <li key={key}>
            <button
              type="button"
              className={styles.suggestion}
              onClick={() => onSuggest(t(`welcome.${key}.text`))}
            >
              <span className={styles.name}>{t(`welcome.${key}.title`)}</span>
              <span>{t(`welcome.${key}.text`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function timeOfDay(now: Date): "morning" | "day" | "evening" {
  const hour = now.getHours();
  if (hour >= 5 && hour < 12) return "morning";
  return hour >= 12 && hour < 18 ? "day" : "evening";
}
