use super::*;

const EXAMPLE: &str = include_str!("../../../../../config.example.toml");

/// The settings of the example, each as (line without its mark, key, value).
fn examples() -> Vec<(&'static str, String, String)> {
    let lines = EXAMPLE.lines().filter_map(|line| line.strip_prefix('#'));
    let settings = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    settings
        .map(|line| {
            let (name, value) = line.split_once(" = ").unwrap();
            (line, name.to_owned(), value.trim_matches('"').to_owned())
        })
        .collect()
}

#[test]
fn the_example_file_has_every_key_with_its_default() {
    let written = examples();
    let own = |name: &str| keys::find(name).is_some();
    let names: Vec<&str> = written
        .iter()
        .map(|(_, name, _)| name.strip_suffix("_file").filter(|_| !own(name)).unwrap_or(name))
        .collect();
    let known: Vec<String> = KEYS.iter().map(keys::Key::in_file).collect();
    assert_eq!(names, known);
    for ((_, name, value), key) in written.iter().zip(KEYS) {
        if let Some(default) = key.default {
            assert_eq!(value, default, "{name}");
        }
    }
    Desk::new().in_file(EXAMPLE).load().unwrap();
}

#[test]
fn each_line_of_the_example_file_can_be_used_as_it_stands() {
    for (line, name, _) in examples() {
        // What some of them are nothing without.
        let base =
            [("postgres_host", "db"), ("oidc_issuer", "https://id.example"), ("oidc_client_id", "jarvis")];
        let base: String = base
            .iter()
            .filter(|(other, _)| *other != name)
            .map(|(other, value)| format!("{other} = \"{value}\"\n"))
            .collect();
        if name == "data_dir" || name.ends_with("_file") {
            continue;
        }
        Desk::new().in_file(&format!("{base}{line}\n")).load().unwrap();
    }
}

#[test]
fn the_table_at_the_end_of_the_example_file_can_be_used_as_it_stands() {
    let table: Vec<&str> = EXAMPLE.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    let config = Desk::new().in_file(&table.join("\n")).load().unwrap();
    assert_eq!(config.oidc.len(), 1);
    assert_eq!(config.oidc[0].issuer, "https://id.example");
    assert!(config.oidc[0].client_secret.is_some());
}
