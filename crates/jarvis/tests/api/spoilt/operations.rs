//! What the OpenAPI document says that each operation takes.

use reqwest::Method;
use serde_json::Value;

/// One operation that takes anything at all.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) in_path: bool,
    pub(super) schema: Schema,
}

#[derive(Debug)]
pub(super) struct Body {
    /// A form, and not JSON.
    pub(super) form: bool,
    /// It may be left out.
    pub(super) optional: bool,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) schema: Schema,
}

/// What a value may be: the alternatives of `oneOf`, each with its `$ref` followed.
#[derive(Debug)]
pub(super) struct Schema(Vec<Value>);

impl Schema {
    fn read(document: &Value, schema: &Value) -> Self {
        match schema["oneOf"].as_array() {
            Some(several) => Self(several.iter().flat_map(|one| Self::read(document, one).0).collect()),
            None => Self(vec![follow(document, schema).clone()]),
        }
    }

    /// Whether a value of this JSON type fits.
    pub(super) fn takes(&self, kind: &str) -> bool {
        self.0.iter().any(|one| match &one["type"] {
            Value::String(name) => name == kind,
            Value::Array(names) => names.iter().any(|name| name == kind),
            other => panic!("the document does not say what this is: {other} in {one}"),
        })
    }

    /// A bound that it sets.
    pub(super) fn bound(&self, name: &str) -> Option<i64> {
        self.0.iter().find_map(|one| one[name].as_i64())
    }

    /// Whether a text fits, as far as the document says more of it than its length. None: it says no more.
    pub(super) fn fits(&self, text: &str) -> Option<bool> {
        let judge =
            |one: &Value| match (one["enum"].as_array(), one["format"].as_str(), one["pattern"].as_str()) {
                (Some(words), _, _) => Some(words.contains(&Value::from(text))),
                (_, Some("uuid"), _) => {
                    Some(text.len() == 36 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit()))
                }
                (_, Some("date-time"), _) => Some(text.parse::<jiff::Timestamp>().is_ok()),
                (_, _, Some("^[a-zA-Z0-9_-]+$")) => Some(
                    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
                ),
                (_, _, Some("^[a-zA-Z0-9][a-zA-Z0-9_-]+$")) => Some(
                    text.len() > 1
                        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
                ),
                (_, _, Some("^[0-9]{6}$")) => {
                    Some(text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()))
                }
                (None, None | Some("int32" | "int64"), None) => None,
                other => panic!("say what fits {other:?}"),
            };
        self.0.iter().find_map(judge)
    }
}

fn follow<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(place) => follow(document, document.pointer(&place[1..]).unwrap()),
        None => schema,
    }
}

/// Every operation with parameters or a body.
pub(super) fn all() -> Vec<Operation> {
    let document = serde_json::to_value(jarvis::server::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let operation = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                parameters: parameters(&document, described),
                body: body(&document, &described["requestBody"]),
            };
            if !operation.parameters.is_empty() || operation.body.is_some() {
                all.push(operation);
            }
        }
    }
    all
}

fn parameters(document: &Value, described: &Value) -> Vec<Parameter> {
    let given = described["parameters"].as_array().cloned().unwrap_or_default();
    let read = |parameter: &Value| Parameter {
        name: parameter["name"].as_str().unwrap().to_owned(),
        in_path: parameter["in"] == "path",
        schema: Schema::read(document, &parameter["schema"]),
    };
    given.iter().map(read).collect()
}

fn body(document: &Value, described: &Value) -> Option<Body> {
    let (kind, content) = described["content"].as_object()?.iter().next().unwrap();
    let alternatives = Schema::read(document, &content["schema"]);
    let object = alternatives.0.iter().find(|one| one["type"] == "object").unwrap();
    let required = object["required"].as_array().cloned().unwrap_or_default();
    let fields = object["properties"].as_object().unwrap().iter().map(|(name, schema)| Field {
        name: name.clone(),
        required: required.contains(&Value::from(name.as_str())),
        schema: Schema::read(document, schema),
    });
    Some(Body {
        form: kind != "application/json",
        optional: alternatives.takes("null"),
        fields: fields.collect(),
    })
}
