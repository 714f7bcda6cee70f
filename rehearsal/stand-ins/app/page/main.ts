document.title = 'Tasks';
