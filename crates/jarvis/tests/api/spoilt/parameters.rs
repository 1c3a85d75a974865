//! Parts of the path and of the query.

use super::Battery;
use super::operations::{Operation, Parameter};
use super::values::Expected;

/// What is no id, as it stands in a path.
const NO_IDS: [&str; 30] = [
    "0",
    "1",
    "-1",
    "x",
    "null",
    "undefined",
    "true",
    "[object%20Object]",
    "*",
    "%20",
    "%00",
    "01a202f6-9c47-748e-ab19-d6261ae385b4%00",
    "%0d%0ax:%20y",
    "%ff",
    "%c3%28",
    "%ed%a0%80",
    "%zz",
    "%",
    "..%2f..%2fauth%2fme",
    "..;",
    "%252e%252e",
    "'%20OR%20'1'='1",
    "1;DROP%20TABLE%20users",
    "01a202f6-9c47-748e-ab19",
    "01a202f6-9c47-748e-ab19-d6261ae385b4-1",
    "g1a202f6-9c47-748e-ab19-d6261ae385b4",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "%E2%80%AE4b583ea1626d",
    "%EF%BC%90%EF%BC%91",
];
/// What is not the value of a query, as it stands in one.
const TEXTS: [&str; 16] = [
    "",
    "%20",
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%zz",
    "%",
    "%E2%80%AEabc",
    "%0a",
    "'%20OR%201=1--",
    "%25%5f%5c",
    "null",
    "[]",
    "{}",
    "%F0%9F%8E%89",
];
const NO_NUMBERS: [&str; 14] = [
    "",
    "%20",
    "0",
    "-1",
    "201",
    "1.5",
    "1e2",
    "abc",
    "0x10",
    "4294967296",
    "99999999999999999999",
    "null",
    "%00",
    "١",
];

impl Battery {
    async fn asked(&mut self, operation: &Operation, path: String, expected: Expected, field: &str) {
        let shown: String = path.chars().take(120).collect();
        let request = self.caller(operation).request(operation.method.clone(), &path);
        let request = match operation.body {
            Some(_) => request.header("content-type", "application/json").body("{}"),
            None => request,
        };
        self.tries(format!("{} {shown}", operation.method), request, expected, field).await;
    }

    async fn ids(&mut self, operation: &Operation) {
        let long = "a".repeat(8_000);
        for id in NO_IDS.iter().copied().chain([long.as_str()]) {
            let path = operation.path.replace("{id}", id);
            self.asked(operation, path, Expected::Refused, "").await;
        }
    }

    async fn query(&mut self, operation: &Operation, parameter: &Parameter) {
        // A person's browser calls these, with whatever a provider adds to their address: it is shown a page of ours that says what is
        // wrong, never a problem. `providers` looks at where it leads.
        let for_browsers = operation.path.starts_with("/auth/oidc/");
        let refused = if for_browsers { Expected::Sane } else { Expected::Refused };
        let (base, name) = (self.path(operation), &parameter.name);
        let number = parameter.schema.takes("integer");
        let values = if number { &NO_NUMBERS[..] } else { &TEXTS[..] };
        for value in values {
            // A bound keeps out what is beyond it; without one, the number is as good as any.
            let within = |name: &str, fits: fn(i64, i64) -> bool| {
                let bound = parameter.schema.bound(name);
                value.parse::<i64>().is_ok_and(|number| bound.is_none_or(|bound| fits(number, bound)))
            };
            let expected = match value {
                _ if number
                    && within("minimum", |n, least| n >= least)
                    && within("maximum", |n, most| n <= most) =>
                {
                    Expected::Sane
                }
                // What is not UTF-8 may be taken for its replacement.
                _ if number || parameter.schema.fits("") == Some(false) => Expected::Refused,
                _ => Expected::Sane,
            };
            self.asked(operation, format!("{base}?{name}={value}"), expected, name).await;
        }
        let long = parameter.schema.bound("maxLength").and_then(|most| usize::try_from(most).ok());
        let expected = if long.is_some() || number { refused } else { Expected::Sane };
        for length in [long.unwrap_or(300) + 1, 5_000] {
            self.asked(operation, format!("{base}?{name}={}", "a".repeat(length)), expected, name).await;
        }
        for twice in [format!("{name}=1&{name}=1"), format!("{name}=1&{name}=2")] {
            self.asked(operation, format!("{base}?{twice}"), refused, name).await;
        }
        for extra in ["x=1", "Limit=1", "limit[]=1", "=", "user_id=root", "__proto__=1"] {
            self.asked(operation, format!("{base}?{extra}"), refused, "").await;
        }
    }
}

#[tokio::test]
async fn a_parameter_of_any_wrong_value_is_refused() {
    let (mut battery, _script) = Battery::start().await;
    for operation in &super::operations::all() {
        for parameter in &operation.parameters {
            if parameter.in_path {
                battery.ids(operation).await;
            } else {
                battery.query(operation, parameter).await;
            }
        }
    }
    battery.finish(500).await;
}
