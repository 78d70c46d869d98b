// A channel resolver for workers behind port forwarding: they are registered under the names that they have among
// themselves, and this process reaches them all at one host, under the same ports.
#include "example.h"

class Forwarded : public skein::ChannelResolver {
 public:
  explicit Forwarded(std::string host) : host_(std::move(host)) {}

  arrow::Result<std::string> Resolve(const std::string& address) override {
    return host_ + address.substr(address.rfind(':'));
  }

 private:
  const std::string host_;
};

arrow::Status Run() {
  ARROW_ASSIGN_OR_RAISE(const auto worker, StartWorker());
  const auto port = worker->address().substr(worker->address().rfind(':'));

  skein::ClusterConfig config;
  config.secret = kSecret;
  config.channel_resolver = std::make_shared<Forwarded>("127.0.0.1");
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));
  ARROW_RETURN_NOT_OK(coordinator->RegisterWorker("worker-1.inside.example" + port).status());
  for (const auto& known : coordinator->Workers()) std::printf("worker %u: %s\n", known.id, known.address.c_str());

  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  ARROW_RETURN_NOT_OK(executor->Execute("COPY (SELECT range AS n FROM range(100000)) TO 'n.parquet'").status());
  ARROW_ASSIGN_OR_RAISE(const auto rows, executor->Execute("SELECT sum(n) AS total FROM 'n.parquet'"));
  std::printf("%s\n", rows->ToString().c_str());
  return arrow::Status::OK();
}
