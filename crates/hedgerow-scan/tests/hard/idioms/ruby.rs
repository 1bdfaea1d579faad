//! Ruby.

use super::{Forms, deploy};
use crate::finds;

const HTTP: &str = "http://s-ledger/x";
const HOST: &str = "s-ledger:80";

#[track_caller]
fn found(idioms: &[(&str, &str, &str)]) {
    let mut forms = Forms::default();
    for (requires, call, address) in idioms {
        let requires: String = requires.split_whitespace().map(|name| format!("require '{name}'\n")).collect();
        let quoted = format!("'{address}'");
        let callee = "-- service.ledger/x.txt\n";
        let with = |expression: &str| call.replace("ADDR", expression).replace('\n', "\n  ");
        let app = |requires: &str, call: &str| {
            format!("-- service.emoji/app.rb\n{requires}\ndef main\n  {call}\nend\n\nmain\n{callee}")
        };
        forms.check(call, "written out", &app(&requires, &with(&quoted)), &["emoji -> ledger proven"]);
        let constant = app(&format!("{requires}require_relative 'names'"), &with("Names::ADDRESS"));
        let constant = format!("{constant}-- service.emoji/names.rb\nmodule Names\n  ADDRESS = {quoted}.freeze\nend\n");
        forms.check(call, "constant", &constant, &["emoji -> ledger proven"]);
        let variable = app(&requires, &with("ENV['LEDGER']"));
        let variable = format!("{variable}{}", deploy(address).replace(callee, ""));
        forms.check(call, "environment", &variable, &["emoji -> ledger joined"]);
        let wrapper = app("", &format!("Calls.new({quoted}).call"));
        let body = with("@address");
        let wrapper = format!(
            "{wrapper}-- service.emoji/lib/calls.rb\n{requires}class Calls\n  def initialize(address)\n    @address = address\n  end\n  def call\n    {body}\n  end\nend\n"
        );
        forms.check(call, "wrapper", &wrapper, &["emoji -> ledger proven"]);
        let dead = format!("{requires}def never\n  {}\nend", with(&quoted));
        forms.check(call, "dead", &app(&dead, "nil"), &[]);
    }
    forms.all_right();
}

#[test]
fn the_standard_library() {
    found(&[
        ("net/http uri", "Net::HTTP.get(URI(ADDR))", HTTP),
        ("net/http", "Net::HTTP.get_response(URI.parse(ADDR))", HTTP),
        ("net/http", "Net::HTTP.post_form(URI(ADDR), 'a' => 'b')", HTTP),
        ("net/http json", "Net::HTTP.post(URI(ADDR), { a: 1 }.to_json, 'Content-Type' => 'application/json')", HTTP),
        (
            "net/http",
            "uri = URI.parse(ADDR)\nhttp = Net::HTTP.new(uri.host, uri.port)\nhttp.request(Net::HTTP::Get.new(uri.request_uri))",
            HTTP,
        ),
        (
            "net/http",
            "uri = URI(ADDR)\nNet::HTTP.start(uri.hostname, uri.port) do |http|\n  http.get(uri.path)\nend",
            HTTP,
        ),
        ("net/http", "http = Net::HTTP.new(ADDR, 80)\nhttp.get('/x')", "s-ledger"),
        ("net/http", "Net::HTTP.get(URI(\"http://#{ADDR}/accounts\"))", HOST),
        ("net/http", "Net::HTTP.get(URI('http://' + ADDR + '/accounts'))", HOST),
        ("net/http", "Net::HTTP.get(URI(format('http://%s/accounts', ADDR)))", HOST),
        ("net/http", "Net::HTTP.get(URI('http://%s/accounts/%d' % [ADDR, 3]))", HOST),
        ("net/http", "Net::HTTP.get(URI('http://%{host}/accounts' % { host: ADDR }))", HOST),
        ("net/http", "Net::HTTP.get(URI.join(ADDR, '/accounts'))", HTTP),
        (
            "net/http",
            "uri = URI(ADDR)\nuri.query = 'a=b'\nres = begin\n  Net::HTTP.get_response(uri)\nrescue StandardError\n  nil\nend",
            HTTP,
        ),
        ("open-uri", "URI.open(ADDR)", HTTP),
        ("open-uri", "URI.parse(ADDR).read", HTTP),
        ("socket", "TCPSocket.new(ADDR, 80)", "s-ledger"),
    ]);
}

#[test]
fn libraries() {
    found(&[
        ("faraday", "Faraday.get(ADDR)", HTTP),
        ("faraday", "Faraday.post(ADDR, 'x', 'Content-Type' => 'text/plain')", HTTP),
        ("faraday", "conn = Faraday.new(url: ADDR)\nconn.get('/accounts')", HTTP),
        ("faraday", "conn = Faraday.new(ADDR) do |f|\n  f.request :json\nend\nconn.post('/accounts')", HTTP),
        ("faraday", "conn = Faraday.new({ url: ADDR, headers: {} })\nconn.delete('/accounts/1')", HTTP),
        ("faraday", "@conn ||= Faraday.new(ADDR)\n@conn.get('/accounts')", HTTP),
        ("faraday", "conn = Faraday.new { |f| f.adapter :net_http }\nconn.get(\"#{ADDR}/accounts\")", HTTP),
        ("httparty", "HTTParty.get(ADDR)", HTTP),
        ("httparty", "HTTParty.post(ADDR, body: { a: 1 })", HTTP),
        ("rest-client", "RestClient.get(ADDR)", HTTP),
        ("rest-client", "RestClient.post ADDR, { a: 1 }.to_json", HTTP),
        ("rest-client", "RestClient::Request.execute(method: :get, url: ADDR, timeout: 3)", HTTP),
        ("rest-client", "RestClient::Resource.new(ADDR)['/x'].get", HTTP),
        ("excon", "Excon.get(ADDR)", HTTP),
        ("excon", "connection = Excon.new(ADDR)\nconnection.request(method: :get, path: '/x')", HTTP),
        ("typhoeus", "Typhoeus.get(ADDR)", HTTP),
        ("typhoeus", "request = Typhoeus::Request.new(ADDR, method: :post)\nrequest.run", HTTP),
        ("http", "HTTP.get(ADDR)", HTTP),
        ("http", "HTTP.timeout(3).headers(a: 'b').post(ADDR, json: {})", HTTP),
        ("http", "HTTP.auth('x').get(ADDR).parse", HTTP),
        ("httpclient", "HTTPClient.new.get(ADDR)", HTTP),
        ("httpx", "HTTPX.get(ADDR)", HTTP),
        (
            "grpc ledger_services_pb",
            "stub = Bank::Ledger::Stub.new(ADDR, :this_channel_is_insecure)\nstub.read(Bank::Request.new)",
            HOST,
        ),
        ("grpc", "Ledger::Stub.new(ADDR, nil).read(nil)", HOST),
        ("savon", "Savon.client(wsdl: ADDR)", HTTP),
    ]);
}

#[test]
fn stores_and_brokers() {
    found(&[
        ("pg", "PG.connect(host: ADDR, dbname: 'x')", HOST),
        ("pg", "PG::Connection.new(ADDR)", "postgres://s-ledger:5432/x"),
        ("mysql2", "Mysql2::Client.new(host: ADDR, username: 'x')", HOST),
        ("sequel", "Sequel.connect(ADDR)", "postgres://s-ledger/x"),
        ("active_record", "ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ADDR)", HOST),
        ("mongo", "Mongo::Client.new([ADDR], database: 'x')", "s-ledger:27017"),
        ("mongo", "Mongo::Client.new(ADDR)", "mongodb://s-ledger:27017/x"),
        ("redis", "Redis.new(url: ADDR)", "redis://s-ledger:6379"),
        ("redis", "Redis.new(host: ADDR, port: 6379)", HOST),
        (
            "sidekiq",
            "Sidekiq.configure_client do |config|\n  config.redis = { url: ADDR }\nend",
            "redis://s-ledger:6379/0",
        ),
        ("bunny", "conn = Bunny.new(ADDR)\nconn.start", "amqp://s-ledger:5672"),
        ("bunny", "Bunny.new(host: ADDR, port: 5672).start", HOST),
        ("kafka", "Kafka.new([ADDR], client_id: 'x')", "s-ledger:9092"),
        ("kafka", "Kafka.new(seed_brokers: [ADDR])", "s-ledger:9092"),
        ("rdkafka", "Rdkafka::Config.new('bootstrap.servers' => ADDR).producer", "s-ledger:9092"),
        ("elasticsearch", "Elasticsearch::Client.new(url: ADDR)", "http://s-ledger:9200"),
        ("dalli", "Dalli::Client.new(ADDR)", "s-ledger:11211"),
        ("aws-sdk-s3", "Aws::S3::Client.new(endpoint: ADDR, region: 'x')", "http://s-ledger:9000"),
        ("nats/client", "NATS.connect(ADDR)", "nats://s-ledger:4222"),
    ]);
}

#[test]
fn frameworks() {
    let callee = "-- service.ledger/x.txt\n";
    for (tree, expected) in [
        (
            "-- service.emoji/app/controllers/accounts_controller.rb\nclass AccountsController < ApplicationController\n  def index\n    render json: LedgerClient.new.accounts\n  end\nend\n\
             -- service.emoji/app/controllers/application_controller.rb\nclass ApplicationController < ActionController::API\nend\n\
             -- service.emoji/app/services/ledger_client.rb\nclass LedgerClient\n  def accounts\n    conn.get('/accounts')\n  end\n  private\n  def conn\n    @conn ||= Faraday.new(url: Rails.configuration.x.ledger_url)\n  end\nend\n\
             -- service.emoji/config/application.rb\nmodule Emoji\n  class Application < Rails::Application\n    config.x.ledger_url = ENV.fetch('LEDGER') { 'http://s-ledger' }\n  end\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/app.rb\nrequire 'sinatra'\nget '/x' do\n  Net::HTTP.get(URI('http://s-ledger/x'))\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/config.ru\nrequire './app'\nrun App\n-- service.emoji/app.rb\nrequire 'sinatra/base'\nclass App < Sinatra::Base\n  configure { set :ledger, ENV['LEDGER'] || 'http://s-ledger' }\n  get '/x' do\n    fetch_it\n  end\n  helpers do\n    def fetch_it\n      HTTParty.get('http://s-ledger')\n    end\n  end\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/client.rb\nclass Client\n  include HTTParty\n  base_uri 'http://s-ledger'\n  def all\n    self.class.get('/x')\n  end\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/app/models/account.rb\nclass Account < ActiveResource::Base\n  self.site = 'http://s-ledger'\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/app/workers/pay.rb\nclass Pay\n  include Sidekiq::Worker\n  def perform(id)\n    RestClient.get(\"http://s-ledger/#{id}\")\n  end\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/Rakefile\ntask :sync do\n  RestClient.get('http://s-ledger')\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/main.rb\nrequire 'bank/ledger'\nBank::Ledger.read\n-- libs/bank/lib/bank/ledger.rb\nmodule Bank\n  class Ledger\n    class << self\n      def read\n        Faraday.get(url)\n      end\n      def url = 'http://s-ledger'\n    end\n  end\nend\n",
            "emoji -> ledger proven",
        ),
        (
            "-- service.emoji/main.rb\nmodule Bank\n  Client.new(base_url: 'http://s-ledger').call\nend\n-- service.emoji/lib/client.rb\nmodule Bank\n  class Client\n    attr_reader :base_url\n    def initialize(base_url:)\n      @base_url = base_url\n    end\n    def call\n      Faraday.get(\"#{base_url}/x\")\n    end\n  end\nend\n",
            "emoji -> ledger proven",
        ),
    ] {
        finds(&format!("{tree}{callee}"), &[expected]);
    }
}

#[test]
fn files_see_what_those_that_they_load_load() {
    let tree = |call: &str| {
        format!(
            "-- service.emoji/server.rb\nrequire_relative 'eta'\nmodule Emoji\n  class Site < Sinatra::Base\n    get('/x') {{ Eta.best }}\n  end\nend\n\
             -- service.emoji/eta.rb\nrequire_relative '../service.ledger/client'\nmodule Emoji\n  class Eta\n    def self.best = {call}\n  end\nend\n\
             -- service.ledger/client.rb\nrequire_relative '../shared/settings'\nmodule Ledger\n  def self.read\n    Net::HTTP.get(URI(\"http://#{{LEDGER_HOST}}/x\"))\n  end\nend\n\
             -- shared/settings.rb\nLOCAL = ENV.key?('LOCAL')\nLEDGER_HOST = LOCAL ? 'localhost:8081' : 's-ledger'\n"
        )
    };
    finds(&tree("Ledger.read"), &["emoji -> ledger proven"]);
    finds(&tree("nil"), &[]);
}

#[test]
fn settings_files_and_comments() {
    // Of two settings of a file the one that is asked for.
    finds(
        "-- service.emoji/app.rb\nconf = Rails.application.config_for(:api)\nFaraday.get(conf[:ledger])\n-- service.emoji/config/api.yml\nproduction:\n  ledger: http://s-ledger\n  other: http://s-other\n-- service.ledger/x.txt\n-- service.other/x.txt\n",
        &["emoji -> ledger joined"],
    );
    finds(
        "-- service.emoji/app.rb\nconf = Rails.application.config_for(:ledger)\nFaraday.get(conf[:url])\n-- service.emoji/config/ledger.yml\nproduction:\n  url: <%= ENV['LEDGER'] %>\n-- service.ledger/x.txt\n-- k8s/emoji.yaml\nkind: Deployment\nmetadata: {name: s-emoji}\nspec: {template: {spec: {containers: [{env: [{name: LEDGER, value: 'http://s-ledger'}]}]}}}\n",
        &["emoji -> ledger joined"],
    );
    finds(
        "-- service.emoji/app.rb\ndef proxy(host)\n  # rpcmap: service.ledger\n  Faraday.get(host)\nend\nproxy(gets)\n-- service.ledger/x.txt\n",
        &["emoji -> ledger declared"],
    );
    finds(
        "-- service.emoji/app.rb\ndef proxy(host)\n  Faraday.get(host)\nend\nproxy(gets)\n-- service.ledger/x.txt\n",
        &["unresolved-call service.emoji/app.rb"],
    );
    finds("-- service.emoji/spec/app_spec.rb\nFaraday.get('http://s-ledger')\n-- service.ledger/x.txt\n", &[]);
}
