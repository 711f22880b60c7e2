#include "command/html/page.hpp"

#include <fmt/format.h>

#include <trawl/base/digest.hpp>

#include "command/html/escape.hpp"

namespace trawl::command::html {
namespace {

// System fonts and colours by name, for both schemes; on paper what is folded is as it is folded.
constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--bg:#fbfbfa;--panel:#fff;--ink:#1c1e21;--soft:#60666e;--line:#e2e4e7;
--accent:#2563a8;--bar:#b9cbe0;--ci:#2563a8;--mark:#c2410c;--ref:#a8adb4;--hover:#f1f4f8}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--panel:#1c1f23;--ink:#e4e6e9;--soft:#979da6;--line:#30343a;
--accent:#7db4f0;--bar:#3b5371;--ci:#7db4f0;--mark:#fb8a4c;--ref:#656b74;--hover:#24282e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 24px 64px}
h1{font-size:26px;font-weight:650;margin:0;letter-spacing:-.01em}
h2{font-size:18px;font-weight:650;margin:0 0 4px}
h3{font-size:15px;font-weight:600;margin:0}
p{margin:4px 0 12px;max-width:860px}
.sub,.note,dt,th,.head{color:var(--soft)}
.sub{margin:2px 0 18px}.note{font-size:13px}
nav{font-size:14px;margin:0 0 18px;display:flex;gap:18px;flex-wrap:wrap}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
section{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:18px 20px 20px;margin:0 0 18px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 18px}
.figures>div{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.figures b{display:block;font-size:24px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.figures span{color:var(--soft);font-size:13px;display:block}
.alert b,.flag{color:var(--mark)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:8px 0 0;font-size:14px}
dt{white-space:nowrap}dd{margin:0;min-width:0;overflow-wrap:anywhere}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th{font-weight:500;font-size:13px;text-align:left;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
.n{text-align:right;white-space:nowrap}
bdi{overflow-wrap:anywhere}
sup{line-height:0;font-size:80%}
svg{display:block}
.iv{width:120px;height:16px;flex:none}.hist{width:100%;height:auto}.pos{width:260px;height:30px}.box{width:240px;height:20px}
.ci,.ax,.ref,.md{fill:none;stroke:var(--ci);stroke-width:1.4}
.ax{stroke:var(--ref);stroke-width:1}.ref{stroke:var(--ref);stroke-width:1;stroke-dasharray:2 2}
.pt{fill:var(--ci)}.out{opacity:.35}.br{fill:var(--bar)}.bm{fill:var(--mark)}
.bx{fill:var(--bar)}.mk{fill:var(--mark);stroke:var(--mark);stroke-width:1.6}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:22px;margin-top:12px}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.tree{overflow-x:auto;font-size:14px;font-variant-numeric:tabular-nums}
.tree>div,.tree>details{min-width:max-content}
.row{display:grid;grid-template-columns:var(--columns);gap:14px;align-items:center;padding:3px 6px;border-bottom:1px solid var(--line)}
summary.row{cursor:pointer;list-style:none}summary.row::-webkit-details-marker{display:none}
.row:hover{background:var(--hover)}.head.row:hover{background:none}
.row>.n{text-align:right}
.name{padding-left:calc(var(--d)*18px + 16px);position:relative}
summary .name::before{content:"\25B8";position:absolute;left:calc(var(--d)*18px);color:var(--soft)}
details[open]>summary .name::before{content:"\25BE"}
.cell{display:flex;gap:8px;align-items:center}.cell>span{min-width:62px;text-align:right}
.drv{display:grid;grid-template-columns:minmax(90px,150px) 74px 74px 260px;gap:12px;align-items:center}
.drv+.drv{margin-top:2px}
.bxr{display:grid;grid-template-columns:92px 1fr;gap:10px;align-items:center;font-size:13px}.bxr+.bxr{margin-top:1px}
.bxr>span{text-align:right;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.bxr .box{width:100%}
.key{white-space:nowrap}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px;background:var(--bar)}
.key i.m{background:var(--mark)}.key i:first-child{margin-left:0}
.case+.case{margin-top:20px;border-top:1px solid var(--line);padding-top:16px}
.case .figs{display:flex;flex-wrap:wrap;gap:2px 22px;font-size:14px;font-variant-numeric:tabular-nums;margin:2px 0 6px}
.figs b{font-weight:600}.figs .pl{color:var(--mark)}
.strip{width:100%;overflow:visible;margin:4px 0 8px}
.strip text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--panel);stroke-width:3px}
.strip .bx{opacity:.55}.strip .ref{stroke:var(--soft);stroke-dasharray:none;opacity:.6}
.l-md,.l-tr,.l-pl{stroke:var(--ci);stroke-width:1.8}.l-tr{stroke-dasharray:5 3;stroke-width:1.4}.l-pl{stroke:var(--mark);stroke-dasharray:2 2}
.strip .t-md,.strip .t-tr{fill:var(--ci)}.strip .t-pl{fill:var(--mark)}
.d-in{fill:var(--ci)}.d-cut{fill:var(--panel);stroke:var(--mark);stroke-width:1.6}.d-no{fill:none;stroke:var(--soft);stroke-width:1.2;stroke-dasharray:2 1.5}
.strip text.d-cut,.strip text.d-in,.strip text.d-no{stroke:none;fill:var(--soft)}.strip text.d-cut{fill:var(--mark)}.strip text.d-in{fill:var(--ci)}
.key i.o{border-radius:50%;background:var(--ci)}.key i.c{border-radius:50%;background:none;border:2px solid var(--mark)}.key i.x{border-radius:50%;background:none;border:1.5px dashed var(--soft)}
.keys{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13px;color:var(--soft);margin:6px 0 14px}
.case summary{cursor:pointer;font-size:13px;color:var(--accent)}
button{font:inherit;font-size:13px;color:var(--accent);background:none;border:1px solid var(--line);border-radius:6px;padding:2px 10px;cursor:pointer}
@media(max-width:640px){main{padding:16px 10px}section{padding:14px 12px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
@media print{:root{--bg:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#ccc;--accent:#1d4e89;--ci:#1d4e89;--bar:#b9cbe0;--mark:#b03a06;--ref:#999}
body{font-size:11px}main{max-width:none;padding:0}section,.figures>div{border-radius:0;break-inside:auto}tr,.row,.drv{break-inside:avoid}nav,button{display:none}
.tree,.wide{overflow:visible}svg *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

// Only folds: all is there without it.
constexpr std::string_view script = R"js(
document.querySelectorAll("[data-fold]").forEach(function (b) {
  b.hidden = false;
  b.onclick = function () {
    b.closest("section").querySelectorAll("details").forEach(function (d) { d.open = b.dataset.fold === "open"; });
  };
});
)js";

std::string base64(Bytes bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned long word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (i + k < bytes.size() ? static_cast<unsigned>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : digits[word >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string allowed(std::string_view text) {
  const auto digest = sha256(bytes_of(text));
  return "'sha256-" + base64(std::as_bytes(std::span(digest))) + "'";
}

}  // namespace

std::string figure(std::string_view label, const std::string& value, const std::string& note) {
  return fmt::format("<div><span>{}</span><b>{}</b><span>{}</span></div>\n", escaped(label), value,
                     note);
}

// Styles of elements only place plots and rows, which is why they are allowed inline.
std::string document(const Page& page) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src {}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n"
      "<p class=\"sub\">{}</p>\n{}<nav>",
      allowed(script), escaped(page.title), style, escaped(page.title), page.subtitle,
      page.headline);
  for (const Section& section : page.sections)
    out += fmt::format("<a href=\"#{}\">{}</a>", section.id, escaped(section.title));
  out += "</nav>\n";
  for (const Section& section : page.sections) {
    out += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section.id,
                       escaped(section.title), section.markup);
  }
  return out + fmt::format("</main>\n<script>{}</script>\n</body>\n</html>\n", script);
}

}  // namespace trawl::command::html
