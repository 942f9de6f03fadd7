/** How the page looks: by the browser's own light or dark scheme, and never by colour alone. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:1100px;margin:2rem auto;padding:0 1rem}
h1.passed::before{content:"✓ "}h1.missed::before{content:"✗ "}h1.inconclusive::before{content:"? "}
table{border-collapse:collapse}td,th{padding:.1rem .8rem;text-align:right;border-bottom:1px solid #8884}
td:first-child{text-align:left}
svg{width:100%;border:1px solid #8886;cursor:grab;touch-action:none}
.ready{fill:#2a8a4a;background:#2a8a4a}.unknown{fill:#d9a400;background:#d9a400}
.known{fill:#8c8c8c;background:#8c8c8c}.answer{fill:#7aa6d8;background:#7aa6d8}.loss{fill:#d02030;background:#d02030}
.legend i{display:inline-block;width:1em;height:.8em;margin:0 .3em 0 .8em}
`;

/** Zooms both drawings together, by the horizontal part of their view boxes. */
export const PAGE_SCRIPT = `
const all=[...document.querySelectorAll('svg')];
const view=(from,width)=>{for(const svg of all){const h=svg.viewBox.baseVal.height;svg.setAttribute('viewBox',from+' 0 '+width+' '+h)}};
const now=()=>all[0].viewBox.baseVal;
for(const svg of all){
  svg.addEventListener('wheel',e=>{e.preventDefault();const{x,width}=now();
    const at=x+width*(e.offsetX/svg.clientWidth);const w=Math.min(1000,Math.max(1,width*(e.deltaY<0?.8:1.25)));
    view(Math.max(0,Math.min(1000-w,at-(at-x)*w/width)),w)},{passive:false});
  svg.addEventListener('pointermove',e=>{if(!e.buttons)return;const{x,width}=now();
    view(Math.max(0,Math.min(1000-width,x-e.movementX*width/svg.clientWidth)),width)});
  svg.addEventListener('dblclick',()=>view(0,1000));
}
`;
