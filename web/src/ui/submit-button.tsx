import type { ComponentProps, MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./button";

interface SubmitButtonProps extends ComponentProps<typeof Button> {
  busy?: boolean;
  /** The server asked for a pause. */
  waiting?: boolean;
}

/** Sends its form. While it may not, it keeps the focus where it is: a disabled button would lose it. */
export function SubmitButton({ busy = false, waiting = false, children, ...rest }: SubmitButtonProps) {
  const { t } = useTranslation();
  const idle = busy || waiting;
  const hold = (event: MouseEvent) => idle && event.preventDefault();
  return (
    <Button look="primary" type="submit" aria-disabled={idle} onClick={hold} {...rest}>
      {busy ? t("auth.working") : children}
    </Button>
  );
}
