//! Services of Python whose settings are classes of pydantic: fields that are variables, and addresses that properties make of them.

use crate::kinds::{all_call, compose};
use crate::{outcome, summary};

/// A library of settings, as services of one tree share one.
const LIBRARY: &str = "-- shared/pyproject.toml\n[project]\nname = 'shop-settings'\n-- shared/src/shop_settings/__init__.py\n\
-- shared/src/shop_settings/base.py\nfrom pydantic_settings import BaseSettings\nclass ShopSettings(BaseSettings):\n    pass\n\
-- shared/src/shop_settings/books.py\nfrom functools import cached_property\nfrom typing import Annotated\nfrom pydantic import AnyUrl, Field, PostgresDsn, SecretStr\nfrom .base import ShopSettings\n\
class BooksDsn(AnyUrl):\n    allowed_schemes = {'amqp'}\n\
class BooksSettings(ShopSettings):\n    BOOKS_HOST: str\n    BOOKS_PORT: int = 5672\n    BOOKS_SECRET: SecretStr\n\
\x20   @cached_property\n    def address(self) -> str:\n        return f'http://{self.BOOKS_HOST}:{self.BOOKS_PORT}/v1'\n\
\x20   @property\n    def dsn(self) -> str:\n        url = PostgresDsn.build(scheme='postgresql', password=self.BOOKS_SECRET.get_secret_value(), host=self.BOOKS_HOST, port=self.BOOKS_PORT)\n        return f'{url}'\n\
\x20   @cached_property\n    def own_dsn(self) -> str:\n        return str(BooksDsn.build(scheme='amqp', host=self.BOOKS_HOST, port=self.BOOKS_PORT))\n\
\x20   def dsn_of(self, index: int) -> str:\n        return f'redis://{self.BOOKS_HOST}:{self.BOOKS_PORT}/{index}'\n";

/// Files of a service below the library, with a compose file that says where the books are.
fn with_library(files: &str) -> String {
    let given = compose("BOOKS_HOST: s-ledger, BOOKS_PORT: '80'");
    format!("{given}{LIBRARY}{files}")
}

/// Trees of one file of the service.
#[track_caller]
fn joined(mains: &[&str]) {
    let trees: Vec<String> =
        mains.iter().map(|main| with_library(&format!("-- service.shop/main.py\n{main}"))).collect();
    all_call("joined", &trees.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn properties_of_shared_settings_make_addresses() {
    joined(&[
        "import httpx\nfrom shop_settings.books import BooksSettings\nhttpx.get(BooksSettings().address)\n",
        "import httpx\nfrom shop_settings.books import BooksSettings\nclass Own(BooksSettings):\n    OTHER: str = ''\nsettings = Own()\nhttpx.get(settings.address + '/all')\n",
        "import asyncpg\nfrom shop_settings.books import BooksSettings\nasync def go(settings: BooksSettings):\n    await asyncpg.create_pool(settings.dsn)\ngo(BooksSettings())\n",
        "import aio_pika\nfrom shop_settings.books import BooksSettings\nasync def go(settings: BooksSettings | None):\n    await aio_pika.connect_robust(settings.own_dsn)\ngo(BooksSettings())\n",
        "import redis.asyncio as aioredis\nfrom shop_settings.books import BooksSettings\naioredis.from_url(BooksSettings().dsn_of(1))\n",
        "from sqlalchemy.ext.asyncio import create_async_engine\nfrom shop_settings.books import BooksSettings\ncreate_async_engine(BooksSettings().dsn)\n",
        "import httpx\nfrom shop_settings.books import BooksSettings\ns = BooksSettings()\nhttpx.AsyncClient(base_url=f'http://{s.BOOKS_HOST}:{s.BOOKS_PORT}')\n",
        "import httpx\nfrom yarl import URL\nfrom shop_settings.books import BooksSettings\ns = BooksSettings()\nhttpx.get(str(URL.build(scheme='http', host=s.BOOKS_HOST, port=s.BOOKS_PORT, path='/v1')))\n",
    ]);
}

#[test]
fn settings_of_settings_are_followed() {
    let app = "from typing import Annotated, Optional\nfrom pydantic import Field\nfrom shop_settings.base import ShopSettings\nfrom shop_settings.books import BooksSettings\nclass App(ShopSettings):\n";
    let rows = [
        "    SHOP_BOOKS: Annotated[BooksSettings, Field(json_schema_extra={'auto_default_from_env': True})]\n",
        "    SHOP_BOOKS: BooksSettings = Field(default_factory=BooksSettings)\n",
        "    SHOP_BOOKS: BooksSettings | None = Field(json_schema_extra={'auto_default_from_env': True})\n",
        "    SHOP_BOOKS: Annotated[BooksSettings | None, Field(description='x')] = None\n",
        "    SHOP_BOOKS: Optional[BooksSettings]\n",
    ]
    .map(|field| format!("{app}{field}import httpx\nsettings = App()\nhttpx.get(settings.SHOP_BOOKS.address)\n"));
    joined(&rows.each_ref().map(String::as_str));
    let field = "    SHOP_BOOKS: BooksSettings = Field(default_factory=BooksSettings)\n";
    let rows = [
        // What lies in the state of an application has the type that is written where it is taken out.
        "from fastapi import FastAPI\ndef make(settings: App) -> FastAPI:\n    app = FastAPI()\n    app.state.settings = settings\n    start(app)\n    return app\ndef start(app: FastAPI):\n    settings: App = app.state.settings\n    import httpx\n    app.state.books = httpx.AsyncClient(base_url=settings.SHOP_BOOKS.address)\nmake(App())\n",
        "from fastapi import FastAPI\ndef start(app: FastAPI, settings: BooksSettings | None):\n    async def on_startup():\n        import httpx\n        app.state.books = httpx.AsyncClient(base_url=settings.address)\n    app.add_event_handler('startup', on_startup)\napp = FastAPI()\nstart(app, App().SHOP_BOOKS)\n",
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    import httpx\n    settings: App = app.state.settings\n    async with httpx.AsyncClient(base_url=settings.SHOP_BOOKS.address) as client:\n        yield {'books': client}\napp = FastAPI(lifespan=lifespan)\napp.state.settings = App()\n",
        // A class that holds settings, and one that is made by its own method.
        "from dataclasses import dataclass\nimport aio_pika\n@dataclass\nclass Client:\n    settings: BooksSettings\n    async def go(self):\n        await aio_pika.connect_robust(f'{self.settings.own_dsn}?name=x')\n    @classmethod\n    async def create(cls, settings: BooksSettings):\n        client = cls(settings=settings)\n        await client.go()\n        return client\nClient.create(App().SHOP_BOOKS)\n",
    ]
    .map(|code| format!("{app}{field}{code}"));
    joined(&rows.each_ref().map(String::as_str));
}

#[test]
fn variables_have_the_names_that_fields_give_them() {
    let service = |class: &str, read: &str| {
        let given = compose("BOOKS_URL: 'http://s-ledger:80'");
        format!(
            "{given}-- service.shop/main.py\nimport httpx\nfrom typing import Annotated\nfrom pydantic import AliasChoices, Field, AnyHttpUrl\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n{class}s = S()\nhttpx.get({read})\n"
        )
    };
    let rows = [
        service(
            "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='BOOKS_')\n    url: str\n",
            "s.url",
        ),
        service(
            "class S(BaseSettings):\n    model_config = {'env_prefix': 'books_'}\n    url: AnyHttpUrl\n",
            "str(s.url)",
        ),
        service(
            "class B(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='BOOKS_')\nclass S(B):\n    url: str\n",
            "s.url",
        ),
        service("class S(BaseSettings):\n    books: str = Field(validation_alias='BOOKS_URL')\n", "s.books"),
        service("class S(BaseSettings):\n    books: str = Field(..., env='BOOKS_URL')\n", "s.books"),
        service(
            "class S(BaseSettings):\n    books: str = Field(validation_alias=AliasChoices('BOOKS', 'BOOKS_URL'))\n",
            "s.books",
        ),
        service(
            "class S(BaseSettings):\n    books: Annotated[str, Field(validation_alias=AliasChoices('BOOKS_URL', 'BOOKS'))] = ''\n",
            "s.books",
        ),
    ];
    all_call("joined", &rows.each_ref().map(String::as_str));
    let proven = [
        service(
            "class S(BaseSettings):\n    books: str = Field(default='http://s-ledger', description='http://s-cart')\n",
            "s.books",
        ),
        service("class S(BaseSettings):\n    books: str = Field('http://s-ledger')\n", "s.books"),
    ];
    all_call("proven", &proven.each_ref().map(String::as_str));
}

#[test]
fn what_runs_once_a_value_is_made_is_followed() {
    joined(&[
        "from dataclasses import dataclass, field\nimport redis.asyncio as aioredis\nfrom shop_settings.books import BooksSettings\n@dataclass\nclass Books:\n    dsn: str\n    _client: aioredis.Redis = field(init=False)\n    def __post_init__(self):\n        self._client = aioredis.from_url(self.dsn)\nBooks(dsn=BooksSettings().dsn_of(1))\n",
        "import dataclasses\nimport httpx\nfrom shop_settings.books import BooksSettings\n@dataclasses.dataclass\nclass Base:\n    settings: BooksSettings\n    def __post_init__(self) -> None:\n        self.client = httpx.AsyncClient(base_url=self.settings.address)\nclass Books(Base):\n    pass\nBooks(settings=BooksSettings())\n",
        "import httpx\nfrom pydantic import BaseModel\nfrom shop_settings.books import BooksSettings\nclass Books(BaseModel):\n    address: str\n    def model_post_init(self, context) -> None:\n        httpx.get(self.address)\nBooks(address=BooksSettings().address)\n",
        // Values of a class that its own methods make.
        "import httpx\nfrom typing import Self\nfrom shop_settings.books import BooksSettings\nclass Config:\n    def __init__(self, books: BooksSettings | None):\n        self.books = books\n    @classmethod\n    def create(cls) -> Self:\n        return cls(books=BooksSettings())\nconfig = Config.create()\nhttpx.get(config.books.address)\n",
        "import httpx\nfrom shop_settings.base import ShopSettings\nfrom shop_settings.books import BooksSettings\nclass Made(BooksSettings):\n    @classmethod\n    def create_from_envs(cls, **given):\n        return cls(**given)\nclass Own(Made):\n    OTHER: int = 1\nhttpx.get(Own.create_from_envs().address)\n",
        "import httpx\nfrom yarl import URL\nfrom shop_settings.books import BooksSettings\ns = BooksSettings()\nhttpx.get(f\"{URL(f'http://{s.BOOKS_HOST}').with_port(s.BOOKS_PORT).with_path('/v1')}\")\n",
        "from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Exporter\nfrom yarl import URL\nfrom shop_settings.books import BooksSettings\ndef start(settings: BooksSettings):\n    Exporter(endpoint=str(URL(settings.address).with_path('/v1/traces')))\nstart(BooksSettings())\n",
    ]);
}

#[test]
fn settings_that_nobody_uses_for_a_call_are_no_calls() {
    let service = |main: &str| with_library(&format!("-- service.shop/main.py\n{main}-- service.ledger/x.txt\n"));
    for main in [
        // Settings of the library that the service does not take.
        "import httpx\nfrom shop_settings.base import ShopSettings\nclass Own(ShopSettings):\n    OTHER_HOST: str = 'other'\nprint(Own())\n",
        // The client lies in a property that nobody reads.
        "import httpx\nfrom shop_settings.books import BooksSettings\nclass Client:\n    @property\n    def books(self):\n        return httpx.get(BooksSettings().address)\nClient()\n",
    ] {
        let found = summary(&outcome(&service(main)));
        assert_eq!(found, ["shop -> ledger candidate"], "{main}");
    }
    // A field with a variable of its own is not taken from the one that is called like it, nor one without its prefix.
    for class in [
        // Filled by something else than the environment.
        "from pydantic import BaseModel\nclass S(BaseModel):\n    books_url: str\n",
        "class S(BaseSettings):\n    books_url: str = Field(validation_alias='OTHER_URL')\n",
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='OTHER_')\n    books_url: str\n",
    ] {
        let given = compose("BOOKS_URL: 'http://s-ledger:80'");
        let tree = format!(
            "{given}-- service.shop/main.py\nimport httpx\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n{class}httpx.get(S().books_url)\n-- service.ledger/x.txt\n"
        );
        let found = summary(&outcome(&tree));
        assert!(!found.iter().any(|line| line.contains("joined") || line.contains("proven")), "{class}: {found:?}");
    }
}

/// A service whose settings are read by `read`, with variables for all names that a wrong reading would take.
fn with_prefix(class: &str, read: &str) -> String {
    let given = compose(
        "BOOKS_URL: 'http://s-ledger:80', URL: 'http://s-cart:80', HOST: 'http://s-cart:80', X_URL: 'http://s-cart:80'",
    );
    format!(
        "{given}-- service.shop/main.py\nimport httpx, os\nfrom pydantic import AliasChoices, AliasPath, BaseConfig, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n{class}httpx.get({read}.url)\n"
    )
}

#[test]
fn prefixes_of_variables_are_read_wherever_they_are_said() {
    let rows = [
        "class S(BaseSettings):\n    url: str\n    class Config:\n        env_prefix = 'BOOKS_'\n",
        "class S(BaseSettings):\n    class Config(BaseConfig):\n        env_prefix = 'BOOKS_'\n    url: str\n",
        "class S(BaseSettings, env_prefix='BOOKS_'):\n    url: str\n",
        "class S(BaseSettings, env_prefix='BOOKS_', extra='ignore'):\n    url: str\n",
        // Several classes with one of that name.
        "class A(BaseSettings):\n    url: str\n    class Config:\n        env_prefix = 'X_'\nclass S(BaseSettings):\n    url: str\n    class Config:\n        env_prefix = 'BOOKS_'\nclass B(BaseSettings):\n    url: str\n    class Config:\n        env_prefix = 'X_'\n",
        // What is said above holds below.
        "class A(BaseSettings):\n    class Config:\n        env_prefix = 'BOOKS_'\nclass S(A):\n    url: str\n    class Config:\n        case_sensitive = False\n",
        "class A(BaseSettings, env_prefix='BOOKS_'):\n    pass\nclass S(A):\n    url: str\n    model_config = SettingsConfigDict(extra='ignore')\n",
        "class A(BaseSettings, env_prefix='X_'):\n    pass\nclass S(A):\n    url: str\n    model_config = SettingsConfigDict(env_prefix='BOOKS_')\n",
        "class A(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='X_')\n    url: str\nclass S(A, env_prefix='BOOKS_'):\n    pass\n",
        "class A(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='BOOKS_')\nclass S(BaseSettings):\n    model_config = A.model_config\n    url: str\n",
        "class Common:\n    env_prefix = 'BOOKS_'\nclass S(BaseSettings):\n    url: str\n    class Config(Common):\n        pass\n",
        // What is not written in the class itself.
        "CONFIG = SettingsConfigDict(env_prefix='BOOKS_')\nclass S(BaseSettings):\n    model_config = CONFIG\n    url: str\n",
        "COMMON = dict(env_prefix='BOOKS_')\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(**COMMON)\n    url: str\n",
        "NAME = 'BOOKS'\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=NAME + '_')\n    url: str\n",
        // Names that a field has besides the part of one.
        "class S(BaseSettings):\n    url: str = Field(validation_alias=AliasChoices('BOOKS_URL', AliasPath('BOOKS', 'host')))\n",
    ]
    .map(|class| with_prefix(class, "S()"));
    let made = with_prefix("class S(BaseSettings):\n    url: str\n", "S(_env_prefix='BOOKS_')");
    for row in rows.iter().chain([&made]) {
        let found = summary(&outcome(&crate::silent::tree(row)));
        let calls: Vec<_> = found.iter().filter(|line| !line.contains("candidate")).collect();
        assert_eq!(calls, ["shop -> ledger joined"], "{row}");
    }
}

#[test]
fn a_prefix_that_is_not_known_is_none_that_is_empty() {
    for class in [
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=os.environ['P'])\n    url: str\n",
        "class S(BaseSettings, env_prefix=os.environ['P']):\n    url: str\n",
        "class S(BaseSettings):\n    url: str\n    class Config:\n        env_prefix = os.environ['P']\n",
        "def config():\n    return lib()\nclass S(BaseSettings):\n    model_config = unknown | {'extra': 'ignore'}\n    url: str\n",
        "class S(BaseSettings):\n    url: str = Field(validation_alias=AliasPath('BOOKS', 'host'))\n",
        "class S(BaseSettings):\n    url: str = Field(validation_alias=AliasPath('url', 0))\n",
        "class S(BaseSettings):\n    url: str = Field(alias=os.environ['P'])\n",
    ] {
        let tree = crate::silent::tree(&with_prefix(class, "S()"));
        let found = summary(&outcome(&tree));
        assert!(!found.iter().any(|line| line.contains("joined") || line.contains("proven")), "{class}: {found:?}");
        let asked = crate::silent::asks(&tree);
        assert!(asked.iter().any(|line| line.contains("main.py")), "{class}: {asked:?}");
    }
}
