// The settings of the site: the posts, their pages and a feed where one is wished for.
module.exports = function (config) {
  config.addFilter("readable", (day) => new Date(day).toLocaleDateString("en-GB", {
    day: "2-digit", month: "short", year: "numeric", timeZone: "Europe/Berlin",
  }));
  config.addFilter("long", (day) => new Date(day).toLocaleDateString("en-US", {
    day: "numeric", month: "long", year: "numeric", timeZone: "Europe/Berlin",
  }));
  config.addFilter("head", (list, count) => list.slice(0, count));
  config.setServerPassthroughCopyBehavior("copy");
  return { dir: { input: "content", includes: "../_includes", data: "../_data", output: "public" } };
};
