// A worker resolver that reads the workers' addresses from a file, one a line: whoever starts workers writes it, and
// every query runs on those that it names then.
#include <fstream>

#include "example.h"

class AddressFile : public skein::WorkerResolver {
 public:
  explicit AddressFile(std::string path) : path_(std::move(path)) {}

  arrow::Result<std::vector<std::string>> Resolve() override {
    std::ifstream file(path_);
    if (!file) return arrow::Status::IOError("cannot read the workers' addresses: ", path_);
    std::vector<std::string> addresses;
    for (std::string line; std::getline(file, line);) {
      if (!line.empty()) addresses.push_back(line);
    }
    return addresses;
  }

 private:
  const std::string path_;
};

arrow::Status Run() {
  ARROW_ASSIGN_OR_RAISE(const auto first, StartWorker());
  ARROW_ASSIGN_OR_RAISE(const auto second, StartWorker());
  std::ofstream("workers.txt") << first->address() << "\n";

  skein::ClusterConfig config;
  config.secret = kSecret;
  config.worker_resolver = std::make_shared<AddressFile>("workers.txt");
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));
  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  ARROW_RETURN_NOT_OK(executor->Execute("COPY (SELECT range AS n FROM range(100000)) TO 'n.parquet'").status());
  std::printf("%u worker\n", coordinator->ClusterStatus().active_workers);

  std::ofstream("workers.txt", std::ios::app) << second->address() << "\n";
  ARROW_ASSIGN_OR_RAISE(const auto rows, executor->Execute("SELECT count(*) FROM 'n.parquet'"));
  std::printf("%u workers counted:\n%s\n", coordinator->ClusterStatus().active_workers, rows->ToString().c_str());
  return arrow::Status::OK();
}
