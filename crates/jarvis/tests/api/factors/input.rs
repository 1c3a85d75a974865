//! What does not fit is told plainly, and is never our fault.

use super::{enrol, login};
use crate::support::TestApp;

#[tokio::test]
async fn a_code_of_any_shape_is_wrong_at_worst() {
    let app = TestApp::start().await;
    let ada = app.ada().await;
    enrol(&app, &ada).await;
    for (place, code) in
        ["0", "1234567", "１２３４５６", "a\u{0}b", "0000-0000-0000-0000", &"9".repeat(10_000)]
            .into_iter()
            .enumerate()
    {
        let reply = login(&app, Some(code)).await;
        assert!(
            matches!(reply.problem(), (401, "invalid_code") | (429, "rate_limited")),
            "{place}: {}",
            reply.text
        );
    }
    // None is not wrong: there simply was none.
    app.clock.advance(std::time::Duration::from_secs(60 * 60));
    for code in ["", "   "] {
        assert_eq!(login(&app, Some(code)).await.problem(), (401, "second_factor_required"));
    }
    app.stop().await;
}
