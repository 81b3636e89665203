// The fat tree of FatTreePermutations.swift in SimGrid: 1024 hosts, each of which sends a message to its partner in a random
// permutation and begins the next round when that has arrived. Prints one JSON object.
//
//     c++ -std=c++17 -O2 simgrid_fat_tree.cpp -lsimgrid -o simgrid_fat_tree && ./simgrid_fat_tree
//
// The network is SimGrid's flow model without what a TCP model adds, so that both compute max-min fair shares.
#include <simgrid/s4u.hpp>
#include <simgrid/version.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <random>
#include <vector>

namespace sg = simgrid::s4u;

constexpr int hostCount = 1024; // A fat tree of 16 ports: 16 pods of 8 racks of 8 hosts.
constexpr int rounds = 20;
constexpr double bytesPerSecond = 1.25e9;
constexpr double latencySeconds = 1e-6;

int main(int count, char **arguments) {
  sg::Engine engine(&count, arguments);
  sg::Engine::set_config("network/model:CM02");
  sg::Engine::set_config("network/TCP-gamma:1e15");
  sg::Engine::set_config("network/weight-S:0");
  sg::Engine::set_config("network/crosstraffic:0");
  sg::Engine::set_config("contexts/stack-size:64");

  std::vector<sg::Host *> hosts(hostCount);
  auto makeHost = [&hosts](sg::NetZone *zone, const std::vector<unsigned long> &, unsigned long id) {
    sg::Host *host = zone->create_host("host-" + std::to_string(id), "1Gf")->seal();
    hosts[id] = host;
    return std::pair<simgrid::kernel::routing::NetPoint *, simgrid::kernel::routing::NetPoint *>(
        host->get_netpoint(), nullptr);
  };
  sg::create_fatTree_zone(
      "tree", nullptr, sg::FatTreeParams(3, {8, 8, 16}, {1, 8, 8}, {1, 1, 1}), sg::ClusterCallbacks(makeHost),
      bytesPerSecond, latencySeconds, sg::Link::SharingPolicy::SPLITDUPLEX)
      ->seal();

  std::mt19937 random(1);
  std::vector<std::vector<int>> partners(rounds, std::vector<int>(hostCount));
  for (auto &round : partners) {
    std::iota(round.begin(), round.end(), 0);
    std::shuffle(round.begin(), round.end(), random);
  }
  long messages = 0;
  for (int host = 0; host < hostCount; host++) {
    sg::Actor::create("sender", hosts[host], [&, host] {
      std::mt19937 sizes(host + 2);
      for (int round = 0; round < rounds; round++) {
        sg::Comm::sendto(hosts[host], hosts[partners[round][host]], 500'000 + sizes() % 1'000'001);
        messages++;
      }
    });
  }
  auto start = std::chrono::steady_clock::now();
  engine.run();
  std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::printf(
      "{\"messages\": %ld, \"wall_s\": %.6f, \"simulated_s\": %.9f, \"simgrid\": \"%d.%d\"}\n", messages, wall.count(),
      sg::Engine::get_clock(), SIMGRID_VERSION_MAJOR, SIMGRID_VERSION_MINOR);
}
