import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ErrorBoundary } from "./error-boundary";

let broken = true;

function Part() {
  if (broken) throw new Error("broken");
  return <p>whole</p>;
}

it("shows the rest of the page, and what failed again when asked", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const fallback = (retry: () => void) => (
    <button type="button" onClick={retry}>
      again
    </button>
  );
  render(
    <>
      <p>the rest</p>
      <ErrorBoundary fallback={fallback}>
        <Part />
      </ErrorBoundary>
    </>,
  );
  expect(screen.getByText("the rest")).toBeVisible();
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "again" }));
  expect(screen.getByText("whole")).toBeVisible();
  vi.restoreAllMocks();
});
