import { useAccountText } from "../../i18n/account";
import { Button } from "../../ui/button";
import styles from "./live-switch.module.css";

interface LiveSwitchProps {
  live: boolean;
  /** The last look for newer ones brought none: the server cannot be reached. */
  failing: boolean;
  onLive: (live: boolean) => void;
  /** One look, for who does not follow along. */
  onLook: () => void;
}

export function LiveSwitch({ live, failing, onLive, onLook }: LiveSwitchProps) {
  const t = useAccountText();
  const state = !live ? "held" : failing ? "failing" : "live";
  return (
    <div className={styles.live}>
      <button
        type="button"
        role="switch"
        aria-checked={live}
        className={styles.switch}
        data-state={state}
        onClick={() => onLive(!live)}
      >
        <span className={styles.track} aria-hidden="true" />
        {t("audit.live")}
      </button>
      {!live && (
        <Button look="quiet" icon="retry" onClick={onLook}>
          {t("audit.look")}
        </Button>
      )}
      {failing && (
        <p role="status" className={styles.failing}>
          {t("audit.failing")}
        </p>
      )}
    </div>
  );
}
