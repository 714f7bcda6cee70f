/** The page's style: light and dark by the reader's preference, one column on a narrow screen, plain on paper. */
export const STYLE = `
:root{color-scheme:light dark;--page:#faf9f6;--sheet:#fff;--ink:#1d2125;--soft:#565d66;--line:#e3e1dc;--wash:#f2f0eb;
--pass:#18754a;--pass-wash:#e5f2ea;--fail:#b42318;--fail-wash:#fdeae7;--doubt:#8f5a00;--doubt-wash:#fbf0d9;--idle:#6a717b;--idle-wash:#eeeeec;--calm:#365f8c;--calm-wash:#e8eef5;--on:#fff}
@media (prefers-color-scheme:dark){:root{--page:#14171a;--sheet:#1b1f23;--ink:#e7e6e2;--soft:#a5acb5;--line:#2d3338;--wash:#22272c;
--pass:#5fc98f;--pass-wash:#17301f;--fail:#ff8f83;--fail-wash:#3d1c19;--doubt:#eebb5c;--doubt-wash:#362a12;--idle:#949ca6;--idle-wash:#262b30;--calm:#8fb8e6;--calm-wash:#1b2a3a;--on:#14171a}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0 auto;max-width:68rem;padding:2.5rem 1.5rem 4rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em;overflow-wrap:anywhere}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--calm);outline-offset:2px;border-radius:3px}
.sr,.sprite,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.icon{width:1.15em;height:1.15em;flex:none;vertical-align:-.2em;color:var(--idle)}
.icon.pass,.icon.pass-in-part{color:var(--pass)}.icon.fail{color:var(--fail)}.icon.inconclusive{color:var(--doubt)}
.fill{fill:currentColor}.mark{fill:none;stroke:var(--on);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}.point{fill:var(--on)}
.ring{fill:none;stroke:currentColor;stroke-width:2}.dashed{stroke-dasharray:3.2 2.4}.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
header{margin-bottom:2rem}
.kicker{margin:0;color:var(--soft)}
h1{display:flex;align-items:center;gap:.3em;margin:.15em 0;font-size:clamp(2.4rem,7vw,3.6rem);line-height:1.15;font-weight:650;letter-spacing:-.025em}
h1 .icon{width:.8em;height:.8em}
header.proven h1{color:var(--pass)}header.failed h1{color:var(--fail)}header.not-proven h1{color:var(--doubt)}
.meaning{margin:0 0 1.2rem;font-size:1.1rem;max-width:46rem;text-wrap:pretty}
.release{margin:0 0 1rem;color:var(--soft);max-width:46rem;overflow-wrap:anywhere}
.note{margin:0 0 1rem;font-weight:620;max-width:46rem}
.outcome-bar{display:block;width:100%;height:.7rem;border-radius:.35rem;background:var(--wash)}
.bar{fill:var(--idle)}.bar.pass{fill:var(--pass)}.bar.fail{fill:var(--fail)}.bar.inconclusive{fill:var(--doubt)}.bar.not-applicable{fill:var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.7rem 0 0;padding:0;list-style:none;color:var(--soft);font-size:.93rem}
.legend b{color:var(--ink);font-variant-numeric:tabular-nums;margin-left:.35em}
.legend.key{margin:0 0 1rem}
.legend.key li{display:flex;align-items:center;gap:.5em}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;padding:.7rem 0;border-block:1px solid var(--line);font-size:.95rem}
nav a{color:var(--soft);text-decoration:none}nav a:hover{color:var(--ink);text-decoration:underline}
section{margin-top:3rem}
h2{margin:0 0 .9rem;font-size:1.35rem;line-height:1.3;font-weight:620;letter-spacing:-.01em}
section>p{margin:0 0 1rem;color:var(--soft);max-width:46rem;text-wrap:pretty}
h3{margin:0 0 .35rem;font-size:1.05rem;line-height:1.4}
.finding{margin:0 0 1.2rem;padding:1.1rem 1.3rem;background:var(--sheet);border:1px solid var(--line);border-left:.3rem solid var(--idle);border-radius:.6rem}
.finding.fail{border-left-color:var(--fail)}.finding.inconclusive{border-left-color:var(--doubt)}
.finding p{margin:.5rem 0}.finding .meta{color:var(--soft);font-size:.92rem}.where{color:var(--soft)}
.tag{display:inline-block;padding:0 .55em;border-radius:1em;background:var(--idle-wash);color:var(--ink);font-size:.85em;font-weight:600}
.tag.critical,.tag.high{background:var(--fail-wash);color:var(--fail)}.tag.medium{background:var(--doubt-wash);color:var(--doubt)}
.seen{margin:.7rem 0;padding-left:1.2rem}.seen li{margin:.3rem 0;overflow-wrap:anywhere}
pre code{font-size:1em}
pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--wash);border-radius:.4rem;white-space:pre-wrap;max-height:14rem;overflow:auto}
.answered{color:var(--soft);font-size:.92rem;overflow-wrap:anywhere}
.frame{background:var(--sheet);border:1px solid var(--line);border-radius:.6rem;overflow:hidden}
.frame+.frame{margin-top:1.2rem}
table{width:100%;border-collapse:collapse;font-size:.94rem}
th,td{padding:.55rem .9rem;text-align:left;vertical-align:top;font-weight:400}
tr+tr>*,tbody+tbody>tr:first-child>*,thead+tbody>tr:first-child>*{border-top:1px solid var(--line)}
thead th{color:var(--soft);font-size:.86rem}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.group th{padding-top:1.1rem;font-weight:620;background:var(--wash)}
.strips th{width:9.5rem;color:var(--soft)}.strips td{vertical-align:middle}.strips .number{width:6rem;color:var(--soft)}
.strip{display:flex;flex-wrap:wrap;gap:.3rem;margin:0;padding:0;list-style:none}
.strip a{display:block;line-height:0;border-radius:50%}.strip .icon{width:1.3rem;height:1.3rem}
.strip a:hover .icon{transform:scale(1.15)}
.matrix thead th{vertical-align:bottom}
.matrix thead small{display:block;font-size:.92em;font-weight:400;opacity:.85}
.cors td,.cors thead th:not(:first-child){padding-inline:.25rem;text-align:center}
.cors td{padding-block:.3rem;vertical-align:middle}
.cors th[scope=row]{width:34%}
.page{display:block}.page+code{color:var(--soft);font-size:.8em}
.ruling{display:flex;align-items:center;justify-content:center;gap:.35em;padding:.32rem .45rem;border-radius:.4rem;font-size:.86rem;white-space:nowrap;background:var(--idle-wash);color:var(--soft)}
.ruling+.ruling{margin-top:.2rem}
.glyph{width:1.05em;height:1.05em;flex:none}.stroke{fill:none;stroke:currentColor;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.ruling.read{background:var(--pass-wash);color:var(--pass)}
.ruling.stopped,.ruling.unreadable{background:var(--calm-wash);color:var(--calm)}
.ruling.unexpected{background:var(--fail-wash);color:var(--fail);box-shadow:inset 0 0 0 2px currentColor;font-weight:650}
.isolation th[scope=row] code{display:block;color:var(--soft);font-size:.8em}.isolation b{font-weight:550}
.answer{display:inline-block;padding:.1rem .55rem;border-radius:.4rem;background:var(--calm-wash);color:var(--calm);font-size:.92em;font-variant-numeric:tabular-nums}
.answer.unexpected{background:var(--fail-wash);color:var(--fail);box-shadow:inset 0 0 0 2px currentColor;font-weight:650}
.none{color:var(--soft);padding:.1rem .55rem;font-size:.92em}
.stacked td:first-child{width:9.5rem;white-space:nowrap}.stacked th[scope=row]{width:38%}.stacked td:last-child:not(.adr){color:var(--soft);overflow-wrap:anywhere}.stacked td:last-child code{white-space:nowrap}
.requirements .proof{display:block}.requirements td:last-child code{white-space:normal}
.stacked .adr,.stacked thead th:last-child:nth-child(4){text-align:right}
.checks th[scope=row]{font-weight:500}.checks td{overflow-wrap:anywhere}
.id{display:block;color:var(--soft);font-weight:400;font-size:.92em}
.adr{color:var(--soft);font-variant-numeric:tabular-nums}
tr:target>*{background:var(--doubt-wash)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.9rem 1.5rem;margin:0 0 1.4rem}
.facts div{min-width:0}.facts dt{color:var(--soft);font-size:.88rem}.facts dd{margin:0;overflow-wrap:anywhere}
.budget th[scope=row]{width:9.5rem}.budget td{vertical-align:middle}.budget .number{width:4.5rem;padding-right:0}
.meter{display:block;width:100%;height:.5rem;border-radius:.25rem}.track{fill:var(--wash)}.value{fill:var(--calm)}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.92rem}
@media (max-width:46rem){
body{padding:1.5rem 1rem 3rem}
th,td{padding:.5rem .7rem}
.stacked,.stacked tbody,.stacked tr,.stacked td,.stacked th{display:block;width:auto!important;text-align:left}
.stacked thead{display:none}
.stacked tr{padding:.6rem .8rem}.stacked tr>*{padding:.1rem 0;border:0!important}.stacked tr+tr,.stacked tbody+tbody>tr:first-child{border-top:1px solid var(--line)}
.stacked .group{background:var(--wash)}
.stacked .adr::before{content:"decision "}
.cors .word{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cors td{padding-inline:.1rem}.cors th[scope=row]{width:auto;padding-right:.3rem}.cors thead small{display:none}.cors thead th:not(:first-child){font-size:.6rem;padding-inline:.1rem}.strip .icon{width:1.1rem;height:1.1rem}.strip{gap:.2rem}
.ruling{padding:.4rem .3rem}.glyph{width:1.1rem;height:1.1rem}
.isolation,.isolation tbody,.isolation tr,.isolation td,.isolation th{display:block}.isolation thead{display:none}
.isolation tr{padding:.5rem .7rem}.isolation tr>*{padding:.05rem 0;border:0!important}.isolation tr+tr,.isolation tbody+tbody .group{border-top:1px solid var(--line)}.isolation .group{background:var(--wash)}.group th{background:none}
.isolation td::before{content:attr(data-head);display:inline-block;width:9rem;color:var(--soft)}
.budget td:has(.meter){display:none}.strips th{width:7rem}.strips .number{width:4.2rem}
}
@media print{
:root{--page:#fff;--sheet:#fff;--ink:#000;--soft:#444;--line:#ccc;--wash:#f4f4f4;--pass:#18754a;--pass-wash:#e5f2ea;--fail:#b42318;--fail-wash:#fdeae7;--doubt:#8f5a00;--doubt-wash:#fbf0d9;--idle:#6a717b;--idle-wash:#eee;--calm:#365f8c;--calm-wash:#e8eef5;--on:#fff}
html{font-size:12px}body{max-width:none;padding:0}nav,.skip{display:none}section{margin-top:1.6rem}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
tr,.finding,h2,h3{break-inside:avoid}h2,h3{break-after:avoid}pre{max-height:none}
}
`;
