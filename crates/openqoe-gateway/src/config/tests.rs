//! Configurations as files and variables, and what is said about mistakes in them.

use super::*;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = std::env::temp_dir().join(format!("openqoe-config-{:?}", std::thread::current().id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("openqoe.toml");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string()));
    Config::load(Some(&path), environment).map_err(|error| error.to_string())
}

#[test]
fn environment_beats_file_beats_defaults() {
    let text = "listen = \"127.0.0.1:1\"\nshards = 3\n[engine]\nsilence = \"1m\"";
    let config =
        load(text, &[("OPENQOE_LISTEN", "127.0.0.1:2"), ("OPENQOE_LIMITS_BUDGETS_CDN", "7")]).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.shards, 3);
    assert_eq!(config.engine(1).silence, 60_000);
    assert_eq!(config.cardinality().unwrap().budgets[Guarded::Cdn.index()], 7);
    assert_eq!(config.limits.max_body, 1 << 20);
}

#[test]
fn the_receiver_has_a_second_variable() {
    let url = |variables: &[(&str, &str)]| load("", variables).map(|config| config.remote_write.url);
    let second = ("OPENQOE_PROM_REMOTE_WRITE_URL", "http://b/");
    assert_eq!(url(&[second]).as_deref(), Ok("http://b/"));
    assert_eq!(url(&[("OPENQOE_REMOTE_WRITE_URL", "http://a/"), second]).as_deref(), Ok("http://a/"));
    let error = url(&[("OPENQOE_PROM_REMOTE_WRITE_URL", "b")]).unwrap_err();
    assert!(error.starts_with("`remote_write.url` must begin with http"), "{error}");
}

#[test]
fn salts_outlive_the_rows_of_ended_sessions() {
    let error = load("[sessions]\nretention = \"40days\"", &[]).unwrap_err();
    assert!(
        error.starts_with("`privacy.salt_retention` must be at least privacy.salt_rotation and"),
        "{error}"
    );
}

#[test]
fn mistakes_are_named() {
    let errors = [
        (load("[limits]\nmax_bdy = 1", &[]), "unknown key `limits.max_bdy`, did you mean `limits.max_body`?"),
        (
            load("[tenants.a]\norigin = []", &[]),
            "unknown key `tenants.a.origin`, did you mean `tenants.a.origins`?",
        ),
        (load("[tenants.a.quota]\nevents = 1", &[]), "unknown key `tenants.a.quota.events`"),
        (load("[tenants.A]", &[]), "`tenants.A` is no name for a tenant"),
        (load("[tenants.-a]", &[]), "`tenants.-a` is no name for a tenant"),
        (load("[tenants]\na = 1", &[]), "invalid type: integer `1`, expected struct Tenant"),
        (
            load("[tenants.a]\norigins = [\"https://x.example/\"]", &[]),
            "`tenants.a.origins` \"https://x.example/\" is more than an origin",
        ),
        (
            load("[tenants.a.quota]\nbytes_per_second = 1\nburst = \"0s\"", &[]),
            "`tenants.a.quota.burst` must be longer",
        ),
        (
            load("[tenants.a.quota.budgets]\ncdn = \"x\"", &[]),
            "`tenants.a.quota.budgets` `cdn` must be a number",
        ),
        (
            load("[[tenants.a.keys]]\nid = \"x\"\nkind = \"read\"\nsha256 = \"\"", &[]),
            "`tenants.a.keys` \"x\" has an id that",
        ),
        (load("[limits]\nqueue = 0", &[]), "`limits.queue` must be at least 1"),
        (load("", &[("OPENQOE_SHARDS", "many")]), "OPENQOE_SHARDS=many: not a whole number"),
        (load("[limits.budgets]\ncdn = -1", &[]), "`limits.budgets` `cdn` must be a number"),
        (load("listen = ", &[]), "TOML parse error at line 1"),
    ];
    for (result, expected) in errors {
        let error = result.unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}
#[test]
fn each_tenant_has_keys_and_variables_of_its_own() {
    let text = "[limits.budgets]\ncdn = 9\n[tenants.a-b.quota]\nlabel_sets = 5\n[tenants.a-b.quota.budgets]\nisp = 3\n[tenants.c]";
    let environment = [
        ("OPENQOE_TENANTS_A_B_QUOTA_EVENTS_PER_SECOND", "7"),
        ("OPENQOE_TENANTS_A_B_ORIGINS", "https://a.example, https://*.b.example"),
        ("OPENQOE_TENANTS_NOBODY_QUOTA_EVENTS_PER_SECOND", "7"),
    ];
    let config = load(text, &environment).unwrap();
    let tenant = &config.tenants["a-b"];
    assert_eq!(tenant.quota.events_per_second, 7);
    assert_eq!(tenant.origins, ["https://a.example", "https://*.b.example"]);
    let limits = tenant.cardinality("a-b", &config).unwrap();
    assert_eq!(limits.max_label_sets, 5);
    assert_eq!(limits.budgets[Guarded::Isp.index()], 3);
    assert_eq!(limits.budgets[Guarded::Cdn.index()], 9);
    assert_eq!(config.tenants["c"].cardinality("c", &config).unwrap(), config.cardinality().unwrap());
    assert_eq!(config.doubts.len(), 1, "{:?}", config.doubts);
    let again = load(&toml::to_string(&config).unwrap(), &[]).unwrap();
    assert_eq!(again, config);
}

#[test]
fn beyond_loopback_everyone_is_asked_for_a_key() {
    let hash = "0".repeat(64);
    let key =
        |kind| format!("[[tenants.a.keys]]\nid = \"00000000\"\nkind = \"{kind}\"\nsha256 = \"{hash}\"\n");
    let check = |text: &str| load(text, &[]).unwrap().check_listeners().map_err(|error| error.to_string());
    let (public, internal) = ("listen = \"0.0.0.0:80\"\n", "internal_listen = \"0.0.0.0:81\"\n");
    for (text, expected) in [
        (public.to_owned(), Some("`listen` 0.0.0.0:80 is not a loopback address: that needs a tenant")),
        (format!("{public}[tenants.a]"), Some("`listen`")),
        (format!("{public}{}", key("read")), Some("`listen`")),
        (format!("{public}{}", key("ingest")), None),
        (format!("{public}{}", key("server")), None),
        (
            format!("{internal}{}", key("ingest")),
            Some("`internal_listen` 0.0.0.0:81 is not a loopback address"),
        ),
        (format!("{internal}{}", key("read")), None),
        (format!("{internal}internal_token_file = \"x\""), None),
    ] {
        match (check(&text), expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) if error.starts_with(expected) => {}
            (result, _) => panic!("{text}: {result:?}"),
        }
    }
}
