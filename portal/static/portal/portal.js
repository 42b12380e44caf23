/* Small comforts for the portal's pages. Every page works without this file.
   Texts come from data attributes written by the templates, so this file has no language. */
(() => {
  'use strict';

  const DRAFT_PREFIX = 'hy-draft:';
  const DRAFT_DAYS = 7;
  const SAVE_DELAY_MS = 1500;
  const SAVE_LIMIT_MS = 3000;
  const GUARD_MS = 10000;

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  // getAttribute, because a field named "action" or "method" hides the form's own property.
  const attribute = (form, name) => (form.getAttribute(name) || '').toLowerCase();
  const text = (name) => document.body.dataset['text' + name] || '';
  const fill = (pattern, value) => pattern.replace('{}', value);

  /* ---- drafts: saved on the server while typing, kept on this device when that fails ---- */

  function textFields(form) {
    return Array.from(new FormData(form)).filter(
      ([name, value]) => typeof value === 'string' && name !== 'csrfmiddlewaretoken'
    );
  }

  function secret(form, name) {
    const field = form.elements.namedItem(name);
    return field && field.type === 'password';
  }

  function keepLocally(form, url) {
    const values = textFields(form).filter(([name]) => !secret(form, name));
    try {
      localStorage.setItem(DRAFT_PREFIX + url, JSON.stringify({ at: Date.now(), values }));
    } catch { /* private mode or full: the page still holds the words */ }
  }

  function forget(url) {
    try { localStorage.removeItem(DRAFT_PREFIX + url); } catch { /* nothing was kept */ }
  }

  function forgetAllDrafts() {
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(DRAFT_PREFIX))
        .forEach((key) => localStorage.removeItem(key));
    } catch { /* nothing was kept */ }
  }

  function localDraft(url) {
    try {
      const draft = JSON.parse(localStorage.getItem(DRAFT_PREFIX + url));
      const age = draft ? Date.now() - draft.at : Infinity;
      if (age < DRAFT_DAYS * 86400000) return draft;
      if (draft) forget(url);
    } catch { forget(url); }
    return null;
  }

  function putBack(form, values) {
    const wanted = new Map();
    values.forEach(([name, value]) => wanted.set(name, [...(wanted.get(name) || []), value]));
    Array.from(form.elements).forEach((field) => {
      if (!field.name || field.type === 'file' || field.type === 'hidden') return;
      const list = wanted.get(field.name);
      if (field.type === 'checkbox' || field.type === 'radio') {
        field.checked = Boolean(list && list.includes(field.value));
      } else if (list && list.length) {
        field.value = list.shift();
      }
      field.dispatchEvent(new Event('change', { bubbles: true }));
    });
  }

  // Whether the form already holds what was kept, as far as its fields are open.
  function holds(form, values) {
    const now = new FormData(form);
    return values.every(([name, value]) => {
      const field = form.elements.namedItem(name);
      const locked = !field || field.disabled || field.type === 'hidden';
      return locked || now.getAll(name).includes(value);
    });
  }

  function offerLocalDraft(form, url) {
    const offer = form.querySelector('[data-draft-offer]');
    const draft = localDraft(url);
    if (!offer || !draft) return;
    if (holds(form, draft.values)) {
      // A refused page holds what was typed, but not yet for the next one.
      if (!form.querySelector('[data-error-summary]')) forget(url);
      return;
    }
    offer.hidden = false;
    offer.querySelector('[data-draft-restore]').addEventListener('click', () => {
      putBack(form, draft.values);
      offer.hidden = true;
    });
    offer.querySelector('[data-draft-discard]').addEventListener('click', () => {
      forget(url);
      offer.hidden = true;
    });
  }

  function showSaved(form, words, good) {
    const spots = all('[data-saved]', form).concat(all('[data-saved][data-for="' + form.id + '"]'));
    (spots.length ? spots : all('[data-saved]')).forEach((spot) => {
      (spot.querySelector('[data-saved-text]') || spot).textContent = words;
      spot.classList.toggle('is-bad', !good);
      spot.hidden = false;
    });
  }

  function draftBody(form) {
    const body = new FormData(form);
    Array.from(body.entries()).forEach(([name, value]) => {
      if (value instanceof File) body.delete(name);
    });
    return body;
  }

  async function saveDraft(form, url) {
    const base = form.elements.namedItem('draft_base');
    const headers = {
      'X-Requested-With': 'XMLHttpRequest', Accept: 'application/json',
      'X-Draft-Base': base ? base.value : ''
    };
    let why = 'NotSaved';
    try {
      const options = { method: 'POST', body: draftBody(form), headers, credentials: 'same-origin' };
      const answer = await fetch(url, options);
      if (answer.redirected || answer.status === 403) why = 'SignedOut';
      if (answer.status === 409) why = 'DraftMoved';
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const said = await answer.json().catch(() => ({}));
      const at = said.saved_at ? new Date(said.saved_at) : new Date();
      const now = at.toLocaleTimeString(document.documentElement.lang, {
        hour: '2-digit', minute: '2-digit', hour12: false
      });
      if (base) base.value = said.base || '';
      forget(url);
      showSaved(form, fill(text('Saved'), now), true);
    } catch {
      keepLocally(form, url);
      showSaved(form, text(why), false);
    }
  }

  const unsaved = new Map();

  function startAutosave(form) {
    const url = form.dataset.autosave;
    let timer = 0;
    let typed = 0;
    let line = Promise.resolve();
    const save = () => {
      const seen = typed;
      clearTimeout(timer);
      line = line.then(() => saveDraft(form, url)).then(() => {
        if (seen === typed) unsaved.delete(form);
      });
      return line;
    };
    const deeds = {
      save,
      keep: () => keepLocally(form, url),
      sent: () => { clearTimeout(timer); unsaved.delete(form); }
    };
    const later = () => {
      typed += 1;
      unsaved.set(form, deeds);
      clearTimeout(timer);
      timer = setTimeout(save, SAVE_DELAY_MS);
    };
    offerLocalDraft(form, url);
    form.addEventListener('input', later);
    form.addEventListener('change', later);
  }

  const soon = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  function saveOthers(others) {
    others.forEach((deeds) => deeds.keep());
    return Promise.race([Promise.all(others.map((deeds) => deeds.save())), soon(SAVE_LIMIT_MS)]);
  }

  let holding = false;

  // Another form of the page is sent: what was typed last is saved before it.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    const { submitter } = event;
    const others = Array.from(unsaved.keys()).filter((one) => one !== form);
    if (!others.length && !holding) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (holding) return;
    holding = true;
    saveOthers(others.map((one) => unsaved.get(one))).then(() => {
      others.forEach((one) => unsaved.delete(one));
      holding = false;
      form.requestSubmit(submitter || undefined);
    });
  }, true);

  // Leaving, or a phone that puts the page away: a copy here, for there may be no time to send.
  const keepAll = () => unsaved.forEach((deeds) => deeds.keep());
  window.addEventListener('pagehide', keepAll);
  document.addEventListener('visibilitychange', keepAll);

  /* ---- uploads with progress; a plain form post where this does not run ---- */

  function uploadParts(form) {
    return {
      panel: form.querySelector('[data-progress]'),
      bar: form.querySelector('progress'),
      percent: form.querySelector('[data-percent]'),
      error: form.querySelector('[data-error]'),
      button: form.querySelector('[type=submit]')
    };
  }

  function uploadFailed(parts, words) {
    parts.panel.hidden = true;
    parts.error.hidden = false;
    (parts.error.querySelector('[data-error-text]') || parts.error).textContent = words;
    if (parts.button) parts.button.disabled = false;
  }

  function jsonOf(request) {
    try { return JSON.parse(request.responseText); } catch { return null; }
  }

  function uploadAnswered(form, request, parts) {
    const said = jsonOf(request);
    if (request.status >= 200 && request.status < 300) {
      window.location.assign((said && (said.redirect || said.url)) || request.responseURL);
      return;
    }
    const page = said ? null : new DOMParser().parseFromString(request.responseText, 'text/html');
    const found = page && page.querySelector('[role=alert]');
    const words = (said && (said.error || said.detail)) || (found && found.textContent.trim());
    uploadFailed(parts, words || form.dataset.failed || text('UploadFailed'));
  }

  function sendWithProgress(form) {
    const parts = uploadParts(form);
    const request = new XMLHttpRequest();
    request.open('POST', form.getAttribute('action') || window.location.href);
    request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
    request.setRequestHeader('Accept', 'application/json, text/html');
    request.upload.addEventListener('progress', (event) => {
      if (!event.lengthComputable) return;
      const done = Math.floor((event.loaded / event.total) * 100);
      parts.bar.value = done;
      parts.percent.textContent = done + '%';
    });
    request.addEventListener('load', () => uploadAnswered(form, request, parts));
    request.addEventListener('error', () => uploadFailed(parts, text('UploadFailed')));
    parts.error.hidden = true;
    parts.panel.hidden = false;
    request.send(new FormData(form));
    if (parts.button) parts.button.disabled = true;
  }

  /* ---- confirm before anything that hurts ---- */

  function openDialog(dialog, onYes) {
    dialog.querySelector('[data-yes]').onclick = () => {
      dialog.close();
      onYes();
    };
    all('[data-no]', dialog).forEach((button) => { button.onclick = () => dialog.close(); });
    dialog.showModal();
  }

  function needsConfirm(form, submitter) {
    const id = (submitter && submitter.dataset.confirm) || form.dataset.confirm;
    const dialog = id && document.getElementById(id);
    return dialog && dialog.showModal && form.dataset.confirmed !== 'yes' ? dialog : null;
  }

  function askFirst(form, submitter, dialog) {
    openDialog(dialog, () => {
      form.dataset.confirmed = 'yes';
      form.requestSubmit(submitter || undefined);
      delete form.dataset.confirmed;
    });
  }

  /* ---- one submission per press ---- */

  function submitButtons(form) {
    return Array.from(form.elements).filter((field) => field.type === 'submit');
  }

  function guard(form) {
    if (attribute(form, 'method') !== 'post' || 'resubmit' in form.dataset) return;
    // After the browser has collected the fields: a disabled button's own value would be lost.
    setTimeout(() => submitButtons(form).forEach((button) => { button.disabled = true; }), 0);
    setTimeout(() => submitButtons(form).forEach((button) => { button.disabled = false; }), GUARD_MS);
  }

  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    const form = event.target;
    const dialog = needsConfirm(form, event.submitter);
    if (dialog) {
      event.preventDefault();
      askFirst(form, event.submitter, dialog);
      return;
    }
    if (unsaved.has(form)) unsaved.get(form).sent();
    if ('logout' in form.dataset) forgetAllDrafts();
    if ('upload' in form.dataset && form.querySelector('progress')) {
      event.preventDefault();
      sendWithProgress(form);
      return;
    }
    guard(form);
  });

  window.addEventListener('pageshow', (event) => {
    if (event.persisted) all('form [type=submit]').forEach((button) => { button.disabled = false; });
  });

  /* ---- copy, print, menus, choices ---- */

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const words = source.value || source.textContent.trim();
    try {
      await navigator.clipboard.writeText(words);
      const said = button.querySelector('[data-copied]');
      if (said) said.textContent = text('Copied');
    } catch {
      window.getSelection().selectAllChildren(source);
    }
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy]');
    if (button) copy(button);
    if (event.target.closest('[data-print]')) window.print();
    all('details.hy-menu[open], details.hy-user[open]').forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    all('details.hy-menu[open], details.hy-user[open]').forEach((menu) => {
      menu.open = false;
      menu.querySelector('summary').focus();
    });
  });

  document.addEventListener('change', (event) => {
    if (!event.target.closest('.hy-choice')) return;
    all('.hy-choice').forEach((choice) => {
      choice.classList.toggle('is-on', choice.querySelector('input').checked);
    });
  });

  /* ---- tabs: whole in view when focused or current, where the strip scrolls sideways ---- */

  // By hand, because scrollIntoView would also move where the next Tab begins.
  function showTab(tab) {
    if (!tab) return;
    const strip = tab.closest('.hy-tabs');
    const [box, frame] = [tab.getBoundingClientRect(), strip.getBoundingClientRect()];
    if (box.right > frame.right) strip.scrollLeft += box.right - frame.right;
    if (box.left < frame.left) strip.scrollLeft -= frame.left - box.left;
  }

  document.addEventListener('focusin', (event) => showTab(event.target.closest('.hy-tabs a')));

  /* ---- Chinese words on a page in another language, marked for those who have it read out ---- */

  const HAN = /[\u3400-\u9fff]/;
  const HAN_RUN = /[\u3400-\u9fff][\u3400-\u9fff\u3000-\u303f\uff00-\uffef“”0-9·、 ]*/g;
  const NO_SPANS = 'option, textarea, title, script, style, svg, [lang^="zh"]';

  function markRuns(node) {
    const words = node.textContent;
    const parts = document.createDocumentFragment();
    let done = 0;
    Array.from(words.matchAll(HAN_RUN)).forEach((run) => {
      const mark = document.createElement('span');
      mark.lang = 'zh-Hans';
      mark.dataset.marked = '';
      mark.textContent = run[0];
      parts.append(words.slice(done, run.index), mark);
      done = run.index + run[0].length;
    });
    parts.append(words.slice(done));
    node.replaceWith(parts);
  }

  function markChinese(root) {
    if (document.documentElement.lang.startsWith('zh')) return;
    all('option', root).filter((one) => HAN.test(one.textContent)).forEach((one) => {
      one.lang = 'zh-Hans';
    });
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (HAN.test(node.textContent) && !node.parentElement.closest(NO_SPANS)) found.push(node);
    }
    found.forEach(markRuns);
  }

  document.addEventListener('htmx:load', (event) => markChinese(event.target));

  const NARROW = window.matchMedia('(max-width: 640px)');

  function isFiltered(form) {
    const query = new URLSearchParams(window.location.search);
    return Array.from(form.elements).some((field) => field.name && query.getAll(field.name).some(Boolean));
  }

  // On a phone the list comes first, unless something is filtered.
  function foldFilters() {
    all('form.hy-filter').forEach((form) => {
      form.querySelector('details').open = !NARROW.matches || isFiltered(form);
    });
  }

  function start() {
    markChinese(document.body);
    showTab(document.querySelector('.hy-tabs [aria-current]'));
    foldFilters();
    NARROW.addEventListener('change', foldFilters);
    document.documentElement.classList.add('has-js');
    all('[data-needs-js]').forEach((part) => { part.hidden = false; });
    all('form[data-autosave]').forEach(startAutosave);
    const summary = document.querySelector('[data-error-summary]');
    if (summary) summary.focus();
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
