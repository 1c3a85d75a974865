//! How the API's description says who may call what.

use http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    Flow, Http, HttpAuthScheme, OAuth2, Password, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, OpenApi};

use crate::auth::gate::is_public;

/// Names the two ways to bring an access token, so that "Authorize" on an API page works, and opens what is public.
pub(super) fn describe_security(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let password = Flow::Password(Password::with_refresh_url("/auth/token", Scopes::new(), "/auth/token"));
    components.add_security_scheme("oauth2", SecurityScheme::OAuth2(OAuth2::new([password])));
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let none: [&str; 0] = [];
    document.security = Some(["oauth2", "bearer"].map(|name| SecurityRequirement::new(name, none)).to_vec());
    for (path, item) in &mut document.paths.paths {
        let operations: [(Method, &mut Option<Operation>); 5] = [
            (Method::GET, &mut item.get),
            (Method::POST, &mut item.post),
            (Method::PUT, &mut item.put),
            (Method::PATCH, &mut item.patch),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation.as_mut().filter(|_| is_public(&method, path)) {
                operation.security = Some(Vec::new());
            }
        }
    }
}
