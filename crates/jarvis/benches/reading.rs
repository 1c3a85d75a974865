//! What encryption costs who reads a conversation of 1,000 messages: read as a client does, over HTTP in pages of 200, or through the
//! service at once and written as JSON; the opening of its 1,000 records alone; and what is done with a text that was not sealed, too. The
//! same rows without encryption would cost `reading - cost`, where `cost = opening - plain`; the share is `cost / (reading - cost)`.

#![expect(clippy::expect_used, reason = "what cannot be set up cannot be measured")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jarvis::app::{App, Edges};
use jarvis::auth::{Actor, Grant, Scopes};
use jarvis::chat::{ChatText, Message, Question};
use jarvis::clock::{Clock, Timestamp};
use jarvis::config::{Config, Environment, MessagePolicy};
use jarvis::ids::{ConversationId, MessageId, SessionId};
use jarvis::models::{Models, Provider};
use jarvis::server;
use jarvis::telemetry;
use jarvis::users::Role;
use jarvis::vault::{PersonKey, Spot};
use jarvis_crypto::Secret;
use jarvis_llm::scripted::{Script, ScriptedModel};

const TURNS: usize = 500;
/// Questions and answers as people and small models write them: about 700 bytes a message on average.
const QUESTION: &str = "How do I keep a sourdough starter alive over three weeks of holidays, without anybody at home to feed it? ";
const SENTENCE: &str = "Put it into the fridge after a thick feed, in a jar that is closed but not sealed, and forget it until you are back. ";

/// Of a page, as a client asks for them: the most there is.
const PAGE: usize = 200;
const PASSWORD: &str = "lantern orchard winter 42";

struct Stage {
    app: App,
    /// Where it listens.
    address: std::net::SocketAddr,
    actor: Actor,
    conversation: ConversationId,
    _folder: tempfile::TempDir,
}

async fn stage() -> Stage {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = BTreeMap::from([
        ("DATA_DIR".to_owned(), folder.path().display().to_string()),
        ("DATABASE_URL".to_owned(), format!("sqlite://{}/jarvis.db", folder.path().display())),
        ("OLLAMA_BASE_URL".to_owned(), "off".to_owned()),
        ("RATE_LIMIT_ENABLED".to_owned(), "false".to_owned()),
    ]);
    let config = Config::load(&Environment::from_iter(settings), None, &BTreeMap::new()).expect("settings");
    let (model, script) = ScriptedModel::new("bench");
    let provider = Provider { id: "ollama", model: std::sync::Arc::new(model), preferred: None };
    let edges = Edges {
        clock: Clock::System,
        models: Some(Models::new(vec![provider])),
        metrics: telemetry::metrics().expect("metrics"),
    };
    let app = App::build(&config, edges).await.expect("an app");
    let password = Secret::new(PASSWORD.to_owned());
    let user = app.accounts.add("ada", "ada@example.org", password, Role::User).await.expect("an account");
    let actor = Actor {
        user: user.id,
        grant: Grant::Session(SessionId::new()),
        role: Role::User,
        proved_at: Timestamp::from_micros(0),
        scopes: Scopes::ALL,
        must_enrol: false,
    };
    let conversation = talk(&app, &actor, script).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    app.tasks.spawn("listen", server::listen(listener, app.clone()));
    Stage { app, address, actor, conversation, _folder: folder }
}

/// Says everything that is read later.
async fn talk(app: &App, actor: &Actor, mut script: Script) -> ConversationId {
    let mut conversation = None;
    for turn in 0..TURNS {
        let text =
            ChatText::parse(&QUESTION.repeat(1 + turn % 3), MessagePolicy::Refuse).expect("a question");
        let question = Question { text, conversation, model: None, key: None };
        let answer = async {
            let call = script.next_call().await.expect("a call");
            call.text(&SENTENCE.repeat(4 + turn % 13)).await;
            call.stop().await;
        };
        let (accepted, ()) = tokio::join!(app.chats.send(actor, question), answer);
        let accepted = accepted.expect("it was taken");
        app.chats.answer(actor, &accepted).await.expect("an answer");
        conversation = Some(accepted.conversation.id);
    }
    conversation.expect("a conversation")
}

async fn read(stage: &Stage) -> Vec<Message> {
    let page =
        stage.app.chats.messages(&stage.actor, stage.conversation, None, 1000).await.expect("messages");
    page.0.items
}

/// A client with the token of who signed in.
async fn sign_in(stage: &Stage) -> (reqwest::Client, String) {
    #[expect(clippy::disallowed_methods, reason = "a client of a test")]
    let client = reqwest::Client::new();
    let who = serde_json::json!({"username": "ada", "password": PASSWORD});
    let signed_in = client.post(format!("http://{}/auth/login", stage.address)).json(&who).send().await;
    let signed_in: serde_json::Value = signed_in.expect("an answer").json().await.expect("JSON");
    (
        client,
        format!(
            "Bearer {}",
            signed_in.get("access_token").and_then(serde_json::Value::as_str).expect("a token")
        ),
    )
}

/// The whole conversation, page by page; gives its bytes.
async fn read_pages(stage: &Stage, (client, token): &(reqwest::Client, String)) -> usize {
    let path = format!("http://{}/conversations/{}/messages?limit={PAGE}", stage.address, stage.conversation);
    let (mut address, mut bytes) = (path.clone(), 0);
    loop {
        let page = client.get(&address).header("authorization", token).send().await.expect("an answer");
        let text = page.text().await.expect("a page");
        bytes += text.len();
        // No parsing: what the client does with it is not what is measured.
        let (_, next) = text.rsplit_once("\"next\":").expect("a cursor or none");
        let Some((next, _)) = next.strip_prefix('"').and_then(|next| next.split_once('"')) else {
            return bytes;
        };
        address = format!("{path}&before={next}");
    }
}

/// A place as long as a message's own.
fn spot<'a>(id: MessageId, row: &'a [u8; 49]) -> Spot<'a> {
    Spot { table: "messages", column: "content", row, id: id.0 }
}

fn place(id: MessageId) -> [u8; 49] {
    let mut place = [7; 49];
    let (first, _) = place.split_at_mut(16);
    first.copy_from_slice(id.0.as_bytes());
    place
}

fn seal(key: &PersonKey, messages: &[Message]) -> Vec<(MessageId, Vec<u8>)> {
    let record = |message: &Message| key.seal(spot(message.id, &place(message.id)), &message.content);
    messages.iter().map(|message| (message.id, record(message).expect("a record"))).collect()
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let stage = runtime.block_on(stage());
    let messages = runtime.block_on(read(&stage));
    assert!(messages.len() == 1000 && messages.iter().all(|message| !message.damaged));
    let key = runtime.block_on(stage.app.vault.of(stage.actor.user)).expect("a key");
    let records = seal(&key, &messages);
    let bytes: usize = messages.iter().map(|message| message.content.len()).sum();

    let mut group = criterion.benchmark_group("a conversation of 1,000 messages");
    group.throughput(Throughput::Bytes(u64::try_from(bytes).unwrap_or_default()));
    group.measurement_time(Duration::from_secs(10));
    group.bench_function("read and written as JSON", |bencher| {
        bencher.iter(|| serde_json::to_vec(&runtime.block_on(read(&stage))).map(|json| json.len()));
    });
    let client = runtime.block_on(sign_in(&stage));
    group.bench_function("read by a client", |bencher| {
        bencher.iter(|| runtime.block_on(read_pages(&stage, &client)));
    });
    let texts: Vec<Vec<u8>> = messages.iter().map(|message| message.content.clone().into_bytes()).collect();
    group.bench_function("its texts, had they not been sealed", |bencher| {
        bencher.iter_batched(
            || texts.clone(),
            |texts| texts.into_iter().for_each(|text| drop(black_box(String::from_utf8(text)))),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("its records opened", |bencher| {
        bencher.iter_batched(
            || records.clone(),
            |records| {
                let mut reader = key.reader();
                for (id, record) in records {
                    black_box(reader.open(spot(id, &place(id)), Some(record)).expect("it opens"));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
    runtime.block_on(stage.app.db.close());
}

criterion_group!(benches, bench);
criterion_main!(benches);
