"""Models of scikit-learn."""

import numpy as np
from case import Case, by_place, classes, number, several
from lines import IN_MEMORY, Lines
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import Task, customers, numbers, reviews


def label_and_score(model, X):
    return {"label": model.predict(X), "score": model.decision_function(X)}


def cluster(model, X):
    return {"cluster": model.predict(X), **several("distance", model.transform(X))}


def of_both(model, X):
    """Two questions at once: the label of each, and the probabilities of each."""
    labels, probabilities = model.predict(X), model.predict_proba(X)
    by_class = {f"{at}_probability_{one}": probabilities[at][:, one] for at in range(2) for one in range(2)}
    return {"0_label": labels[:, 0], "1_label": labels[:, 1], **by_class}


def fitted(name, model, task, answers, own=True):
    """`own`: whether today's skl2onnx writes the model as it is, without what millrace_export.py does."""
    model.fit(task.X, task.y)
    by_hand = [Lines("scikit-learn in a pickle or joblib file", 1)] if own else []
    return Case(name, model, task, answers(model, task.held), (IN_MEMORY, *by_hand))


def on_tables():
    table, churned = customers()
    mixed = Task(table, np.where(churned, "leaves", "stays"))
    whole = Task(table.assign(payment=table["payment"].fillna("none")), churned)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())

    def prepared(*texts):
        return make_column_transformer((scaled, ["Monthly Charges", "tenure"]), *texts, ("passthrough", ["senior"]))

    imputed = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    texts = prepared((imputed, ["payment"]), (OneHotEncoder(), ["contract"]))
    encoded = prepared((OneHotEncoder(handle_unknown="ignore"), ["payment", "contract"]))
    yield fitted("sk-columns", make_pipeline(texts, LogisticRegression()), mixed, classes, own=False)
    yield fitted("sk-columns-boolean", make_pipeline(encoded, LogisticRegression()), whole, classes, own=False)
    yield fitted("sk-texts", make_pipeline(OneHotEncoder(), LogisticRegression()), whole.having(["payment", "contract"]).asking(churned.astype(int)), classes)
    boosted = HistGradientBoostingClassifier(max_iter=20, random_state=1)
    yield fitted("sk-hist-missing", boosted, mixed.having(["Monthly Charges", "tenure"]), classes, own=False)
    sentences, feelings = reviews()
    words = make_pipeline(TfidfVectorizer(), LogisticRegression())
    yield fitted("sk-tfidf", words, Task(sentences, feelings), classes)


def on_numbers():
    X, y, three = numbers()
    regression, classification = Task(X, y), Task(X, three)
    two = Task(X, np.where(y > 0, "up", "down"))
    both = Task(X, np.stack([y, X[:, 0] - y], axis=1))
    binary = Task(X, np.stack([y > 0, X[:, 0] > 0], axis=1).astype(int))
    alone = Task(X, y)
    yield fitted("sk-linear", LinearRegression(), regression, number)
    yield fitted("sk-ridge-two", Ridge(), both, lambda model, rows: several("prediction", model.predict(rows)))
    yield fitted("sk-logistic", LogisticRegression(), classification, classes)
    yield fitted("sk-logistic-numbers", LogisticRegression(), Task(X, np.digitize(y, [-1, 1]) * 10), classes)
    yield by_place(fitted("sk-logistic-boolean", LogisticRegression(), Task(X, y > 0), classes))
    yield fitted("sk-forest", RandomForestClassifier(20, max_depth=8, random_state=1), classification, classes)
    yield fitted("sk-forest-number", RandomForestRegressor(20, max_depth=8, random_state=1), regression, number)
    yield fitted("sk-extra", ExtraTreesRegressor(20, max_depth=8, random_state=1), regression, number)
    yield fitted("sk-gradient", GradientBoostingClassifier(n_estimators=10, random_state=1), classification, classes)
    yield fitted("sk-hist", HistGradientBoostingRegressor(max_iter=20, random_state=1), regression, number, own=False)
    yield fitted("sk-svc", make_pipeline(StandardScaler(), SVC(probability=True, random_state=1)), classification, classes)
    yield fitted("sk-svc-score", SVC(), two, label_and_score, own=False)
    yield fitted("sk-linear-svc", LinearSVC(), two, label_and_score)
    yield fitted("sk-neighbours", KNeighborsClassifier(), classification, classes)
    yield fitted("sk-kmeans", KMeans(3, n_init=1, random_state=1), alone, cluster)
    yield fitted("sk-isolation", IsolationForest(n_estimators=20, random_state=1), alone, label_and_score, own=False)
    yield fitted("sk-pca", PCA(2), alone, lambda model, rows: several("component", model.transform(rows)))
    yield fitted("sk-mlp", MLPClassifier((8,), max_iter=200, random_state=1), classification, classes)
    yield fitted("sk-mlp-two", MLPRegressor(hidden_layer_sizes=(8,), max_iter=200, random_state=1), both, lambda model, rows: several("prediction", model.predict(rows)), own=False)
    yield fitted("sk-both", MultiOutputClassifier(LogisticRegression()), binary, of_both, own=False)
    yield fitted("sk-calibrated", CalibratedClassifierCV(LinearSVC(random_state=1), cv=3), classification, classes)
    voters = [("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=4, random_state=1))]
    yield fitted("sk-voting", VotingClassifier(voters, voting="soft"), classification, classes, own=False)


def scikit():
    yield from on_tables()
    yield from on_numbers()
